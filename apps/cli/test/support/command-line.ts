import { PassThrough, Readable } from 'node:stream'
import { run } from '../../src/run.ts'

/** What a command has printed, and how it ended. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandSetting {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What is piped into it; nothing by default. */
  readonly stdin?: string
  /** Whether what it prints goes to a terminal. */
  readonly tty?: boolean
  /** What a person types at each question, having seen what was printed; absent where there is no terminal. */
  readonly typed?: readonly ((seen: string) => string)[]
}

/** Runs a command line in this process, with streams and an environment of its own. */
export async function evergrant(
  args: readonly string[],
  setting: CommandSetting = {},
): Promise<CommandResult> {
  const { env = {}, stdin: piped = '', tty = false, typed } = setting
  const stdin = typed === undefined ? Readable.from([piped]) : new PassThrough()
  const stdout = Object.assign(new PassThrough(), { isTTY: tty })
  const stderr = Object.assign(new PassThrough(), { isTTY: tty })
  const texts = { stdout: '', stderr: '' }
  const answers = [...(typed ?? [])]
  stdout.on('data', chunk => {
    texts.stdout += chunk
  })
  stderr.on('data', chunk => {
    texts.stderr += chunk
    // A question ends with a colon and a space.
    if (stdin instanceof PassThrough && /: $/.test(String(chunk)))
      stdin.write(`${answers.shift()?.(texts.stderr) ?? ''}\n`)
  })
  Object.assign(stdin, { isTTY: typed !== undefined })
  const code = await run(args, { stdin, stdout, stderr, env })
  return { code, ...texts }
}
