import { PassThrough } from 'node:stream'
import { run } from '../../../../apps/cli/src/run.ts'

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What the command opens in the person's browser. */
  readonly browse?: (url: string) => Promise<void>
  readonly tty?: boolean
}

/** A command that runs, and what it prints. */
export interface RunningCommand {
  readonly stdin: PassThrough
  /** Resolves to the exit code. */
  readonly ended: Promise<number>
  readonly stdout: string
  readonly stderr: string
  /** Resolves to what `pattern` finds in the error output, as soon as it is there. */
  prints(pattern: RegExp): Promise<string>
}

/** Runs the command line in this process. */
export function evergrant(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { env = {}, browse, tty = false } = options
  const stdin = new PassThrough()
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    Object.assign(streams[name], { isTTY: tty })
    streams[name].on('data', chunk => {
      texts[name] += chunk
    })
  }
  const ended = run(args, { stdin, ...streams, env, ...(browse !== undefined && { browse }) })
  return {
    stdin,
    ended,
    get stdout() {
      return texts.stdout
    },
    get stderr() {
      return texts.stderr
    },
    prints(pattern) {
      const printed = new Promise<string>(resolve => {
        const look = () => {
          const found = pattern.exec(texts.stderr)?.[0]
          if (found !== undefined) resolve(found)
        }
        streams.stderr.on('data', look)
        look()
      })
      const over = ended.then(code => {
        throw new Error(`it ended with ${code} and printed: ${texts.stderr}`)
      })
      return Promise.race([printed, over])
    },
  }
}
