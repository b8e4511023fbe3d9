import { execFile } from 'node:child_process'
import { EvergrantError, fail, LateSecret, type Secret } from '@evergrant/core'
import { invalidOption } from '../invalid-option.ts'
import { environment } from '../secret.ts'
import { sharedClock } from '../system-clock.ts'

export interface CommandSecretOptions {
  /** How long the command may take, in ms; then it is killed. 100 to 300,000; 10,000 by default. */
  readonly timeoutMs?: number
  /**
   * How long its output is used before it is run again, in ms. 0 or more; an hour by default. When it fails then, the
   * last output is used on.
   */
  readonly freshForMs?: number
  /** Further variables for its environment. */
  readonly env?: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 10_000
const TIMEOUT_MS_MIN = 100
const TIMEOUT_MS_MAX = 300_000
const FRESH_FOR_MS = 3_600_000
/** Most output that is taken for a secret, in bytes. */
const OUTPUT_BYTES_MAX = 65_536

/**
 * What a command prints: any vault, key management service or password manager that has one. Run when the secret is
 * needed for a token request, without a shell and with nothing on its standard input; by several at once only once.
 * Its output is freed of surrounding white space, kept in memory, and never told: an error has the name of the command
 * and how it ended, neither its arguments nor what it printed.
 *
 * Reading fails with `secret_unavailable` when the command cannot be run, fails, takes too long, or prints nothing or
 * more than 64 KiB. A ring makes it run again when its output was refused. Throws an `EvergrantError` of code
 * `invalid_option` when a span is out of range.
 *
 * ```ts
 * const secret = commandSecret('vault', ['kv', 'get', '-field=secret', 'kv/baidu'])
 * ```
 */
export function commandSecret(
  command: string,
  args: readonly string[] = [],
  options: CommandSecretOptions = {},
): Secret {
  const { timeoutMs = TIMEOUT_MS, freshForMs = FRESH_FOR_MS, env } = options
  requireSpan('timeoutMs', timeoutMs, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)
  requireSpan('freshForMs', freshForMs, 0, Number.POSITIVE_INFINITY)
  return new CommandSecret(() => outputOf(command, args, timeoutMs, env), freshForMs)
}

class CommandSecret extends LateSecret {
  readonly #ask: () => Promise<string>
  readonly #freshForMs: number
  #running: Promise<string> | undefined
  #held: { readonly text: string; readonly until: number } | undefined

  constructor(ask: () => Promise<string>, freshForMs: number) {
    super(() => this.#current())
    this.#ask = ask
    this.#freshForMs = freshForMs
  }

  /** Runs the command with the next read, whatever it has printed before. */
  forget(): void {
    this.#held = undefined
    this.#running = undefined
  }

  async #current(): Promise<string> {
    const held = this.#held
    if (held !== undefined && sharedClock().now() < held.until) return held.text
    const running = this.#running ?? this.#ask()
    this.#running = running
    try {
      const text = await running
      if (this.#running === running) this.#held = { text, until: sharedClock().now() + this.#freshForMs }
      return text
    } catch (error) {
      if (held !== undefined && this.#held === held) return held.text
      throw error
    } finally {
      if (this.#running === running) this.#running = undefined
    }
  }
}

function outputOf(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env: CommandSecretOptions['env'],
): Promise<string> {
  const limits = {
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    encoding: 'utf8',
  } as const
  const surroundings = { env: { ...environment(), ...env }, windowsHide: true }
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { ...limits, ...surroundings }, (error, stdout) => {
      const text = stdout.trim()
      if (error !== null) reject(unavailable(`The command ${command} ${endOf(error)}.`))
      else if (text === '') reject(unavailable(`The command ${command} has printed nothing.`))
      else resolve(text)
    })
    child.stdin?.end()
  })
}

/** How a command ended. The error's own text has its arguments and what it printed, so nothing of it is used. */
function endOf({ code, killed, signal }: { code?: unknown; killed?: boolean; signal?: unknown }): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'has printed more than a secret'
  if (killed) return 'took too long'
  if (typeof code === 'string') return `cannot be run (${code})`
  if (typeof code === 'number') return `has failed with exit code ${code}`
  return `was ended by ${typeof signal === 'string' ? signal : 'a signal'}`
}

function unavailable(message: string): EvergrantError {
  return new EvergrantError(fail('secret_unavailable', { message }))
}

function requireSpan(name: string, spanMs: number, leastMs: number, mostMs: number): void {
  if (spanMs >= leastMs && spanMs <= mostMs) return
  throw invalidOption(`${name} is ${spanMs}, not a number of ms from ${leastMs} to ${mostMs}`)
}
