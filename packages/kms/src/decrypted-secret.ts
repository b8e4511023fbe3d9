import {
  type Clock,
  EvergrantError,
  fail,
  type KeyContext,
  type KeyService,
  LateSecret,
  type Secret,
} from '@evergrant/core'
import { invalidOption, serviceFailure } from './service-failure.ts'

export interface DecryptedSecretOptions {
  /** `awsKms()`, `vaultTransit()`, or one's own. */
  readonly service: KeyService
  /**
   * What the service has encrypted: the base64 that AWS KMS gives, or the `vault:v1:…` of Vault. Or where that is,
   * `fileSecret(path)` or `env(name)`, which is read each time: another ciphertext is decrypted with the next token
   * request. White space in it does not count.
   */
  readonly ciphertext: string | Secret
  /** What it was bound to when it was encrypted. Empty by default. */
  readonly context?: KeyContext
  /** How long the service may take, in ms. 100 to 60,000; 10,000 by default. */
  readonly timeoutMs?: number
  /** How long a secret is used before the service is asked again, in ms. 0 or more; an hour by default. */
  readonly freshForMs?: number
  /**
   * How long a secret is used while the service cannot be reached, in ms. `freshForMs` or more; a day by default. A
   * service that refuses is obeyed at once.
   */
  readonly keepForMs?: number
  /** The clock by which secrets age. The platform's monotonic one by default. */
  readonly clock?: Pick<Clock, 'now'>
}

const TIMEOUT_MS = 10_000
const TIMEOUT_MS_MIN = 100
const TIMEOUT_MS_MAX = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * A client secret that only a key service can read: what stands in the configuration is its ciphertext. Decrypted when it
 * is needed for a token request, by several at once only once, and freed of surrounding white space. It is kept in memory,
 * and printed by nothing.
 *
 * Reading rejects with the failure of the service (`key_service_failed`: `retry` when it is away or silent, `configure`
 * or `distrust` when it refuses), with that of the ciphertext's own source, and with `secret_unavailable` when there is no
 * ciphertext, or what it holds is no text. A ring makes it ask again when the secret was refused. Throws an
 * `EvergrantError` of code `invalid_option` when a span is out of range.
 */
export function decryptedSecret(options: DecryptedSecretOptions): Secret {
  const { timeoutMs = TIMEOUT_MS, freshForMs = HOUR_MS } = options
  const { keepForMs = Math.max(DAY_MS, freshForMs) } = options
  requireSpan('timeoutMs', timeoutMs, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)
  requireSpan('freshForMs', freshForMs, 0, Number.POSITIVE_INFINITY)
  requireSpan('keepForMs', keepForMs, freshForMs, Number.POSITIVE_INFINITY)
  return new DecryptedSecret({ ...options, timeoutMs, freshForMs, keepForMs })
}

/** A secret in clear, what it was decrypted from, and when the service was asked. */
interface Held {
  readonly text: string
  readonly ciphertext: string
  readonly askedAt: number
}

type Spans = Required<Pick<DecryptedSecretOptions, 'timeoutMs' | 'freshForMs' | 'keepForMs'>>

class DecryptedSecret extends LateSecret {
  readonly #options: DecryptedSecretOptions & Spans
  readonly #clock: Pick<Clock, 'now'>
  #held: Held | undefined
  #asking: { readonly ciphertext: string; readonly answer: Promise<Held> } | undefined

  constructor(options: DecryptedSecretOptions & Spans) {
    super(() => this.#current())
    this.#options = options
    this.#clock = options.clock ?? { now: () => performance.now() }
  }

  /** Asks the service with the next read, whatever it has said before. */
  forget(): void {
    const { ciphertext } = this.#options
    this.#held = undefined
    this.#asking = undefined
    if (typeof ciphertext !== 'string') ciphertext.forget?.()
  }

  async #current(): Promise<string> {
    const ciphertext = await this.#ciphertext()
    const held = this.#held
    if (held?.ciphertext === ciphertext && this.#ageMs(held) < this.#options.freshForMs) return held.text
    const asking = this.#asking
    const question =
      asking?.ciphertext === ciphertext ? asking : { ciphertext, answer: this.#decrypt(ciphertext) }
    this.#asking = question
    try {
      const answer = await question.answer
      if (this.#asking === question) this.#held = answer
      return answer.text
    } catch (error) {
      // It may have been forgotten meanwhile, for the server had refused it.
      const usable = held !== undefined && this.#held === held
      if (usable && !isRefusal(error) && this.#ageMs(held) < this.#options.keepForMs) return held.text
      if (usable) this.#held = undefined
      throw error
    } finally {
      if (this.#asking === question) this.#asking = undefined
    }
  }

  #ageMs({ askedAt }: Held): number {
    return this.#clock.now() - askedAt
  }

  async #ciphertext(): Promise<string> {
    const { ciphertext } = this.#options
    const text = (typeof ciphertext === 'string' ? ciphertext : await ciphertext.read()).replaceAll(
      /\s+/g,
      '',
    )
    if (text === '') throw unavailable('The ciphertext of the secret is empty.')
    return text
  }

  async #decrypt(ciphertext: string): Promise<Held> {
    const { service, context = {}, timeoutMs } = this.#options
    const askedAt = this.#clock.now()
    const bytes = await inTime(async () => service.unwrap(ciphertext, context), timeoutMs)
    return { text: textOf(bytes), ciphertext, askedAt }
  }
}

/** The answer of the service; its failures as errors of Evergrant, without a text of its own. */
async function inTime(question: () => Promise<Uint8Array>, timeoutMs: number): Promise<Uint8Array> {
  const limit = AbortSignal.timeout(timeoutMs)
  const late = new Promise<never>((_, reject) => {
    const failure = () => serviceFailure('retry', 'The key service did not answer in time.')
    limit.addEventListener('abort', () => reject(failure()), { once: true })
  })
  try {
    return await Promise.race([question(), late])
  } catch (error) {
    throw EvergrantError.is(error) ? error : serviceFailure('retry', 'The key service has failed.')
  }
}

/** The text of the bytes, which are wiped. */
function textOf(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim()
    if (text !== '') return text
  } catch {
    // What the decoder complains about is a part of the secret.
  } finally {
    bytes.fill(0)
  }
  throw unavailable('What the key service has decrypted is no text, or empty; encrypt the secret itself.')
}

function isRefusal(error: unknown): boolean {
  return EvergrantError.is(error) && error.kind !== 'retry'
}

function unavailable(message: string): EvergrantError {
  return new EvergrantError(fail('secret_unavailable', { message }))
}

function requireSpan(name: string, spanMs: number, leastMs: number, mostMs: number): void {
  if (spanMs >= leastMs && spanMs <= mostMs) return
  throw invalidOption(`${name} is ${spanMs}, not a number of ms from ${leastMs} to ${mostMs}.`)
}
