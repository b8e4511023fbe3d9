import { EvergrantError, fail, LateSecret, type Secret } from '@evergrant/core'
import { type Keychain, type KeychainPlace, systemKeychain } from './system-keychain.ts'

export interface KeychainSecretOptions extends KeychainPlace {
  /** How long the keychain may take, which may ask a person to unlock it, in ms. 100 to 300,000; 60,000 by default. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 60_000
const TIMEOUT_MS_MIN = 100
const TIMEOUT_MS_MAX = 300_000
const NAME = /^\P{Cc}{1,256}$/u

/**
 * A client secret in the keychain of whoever runs the process: the Keychain of macOS, the Credential Manager of Windows,
 * the Secret Service of a Linux desktop (GNOME Keyring, KWallet). Read each time it is needed for a token request, freed of
 * surrounding white space, and printed by nothing. What the keychain has to say about a failure is not passed on.
 *
 * Reading rejects with `secret_unavailable`, and says why: there is no keychain here, it is locked, it holds no such
 * secret, it did not answer in time. The keychain is loaded with the first read, so that importing this works anywhere.
 * Throws an `EvergrantError` of code `invalid_option` when a name or the span is out of range.
 */
export function keychainSecret(options: KeychainSecretOptions): Secret {
  return secretIn(systemKeychain, options)
}

/**
 * Puts a secret into the keychain, in place of what is there. Rejects as reading does, and with code `invalid_option` for
 * an empty one.
 */
export async function setKeychainSecret(place: KeychainPlace, secret: string): Promise<void> {
  requireNames(place)
  if (secret.trim() === '') throw invalidOption('the secret is empty.')
  await inTime(systemKeychain.set(place, secret.trim()), TIMEOUT_MS)
}

/** As {@link keychainSecret}, from any keychain. */
export function secretIn(keychain: Keychain, options: KeychainSecretOptions): Secret {
  const { service, account, timeoutMs = TIMEOUT_MS } = options
  const place = { service, account }
  requireNames(place)
  if (!(timeoutMs >= TIMEOUT_MS_MIN && timeoutMs <= TIMEOUT_MS_MAX)) {
    throw invalidOption(`timeoutMs is ${timeoutMs}, not from ${TIMEOUT_MS_MIN} to ${TIMEOUT_MS_MAX}.`)
  }
  return new LateSecret(async () => {
    const text = (await inTime(keychain.get(place), timeoutMs))?.trim()
    if (text) return text
    throw unavailable(`The keychain holds no secret of "${account}" for "${service}"; put it there.`)
  })
}

function inTime<Answer>(answer: Promise<Answer>, timeoutMs: number): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs)
  const late = new Promise<never>((_, reject) => {
    const message = 'The keychain did not answer in time: it may wait for somebody to unlock it.'
    limit.addEventListener('abort', () => reject(unavailable(message)), { once: true })
  })
  return Promise.race([answer, late])
}

function requireNames(place: KeychainPlace): void {
  for (const name of ['service', 'account'] as const) {
    if (!NAME.test(place[name])) throw invalidOption(`${name} is not a text of 1 to 256 characters.`)
  }
}

function unavailable(message: string): EvergrantError {
  return new EvergrantError(fail('secret_unavailable', { message }))
}

function invalidOption(complaint: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${complaint}` }))
}
