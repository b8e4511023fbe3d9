import { EvergrantError, fail } from '@evergrant/core'
import type { AsyncEntry } from '@napi-rs/keyring'

/** Where a secret is in a keychain. */
export interface KeychainPlace {
  /** What it is for: the name of the application. 1 to 256 characters, none of them a control character. */
  readonly service: string
  /** Which of its secrets it is, the client id for instance. As `service`. */
  readonly account: string
}

/** What is asked of a keychain. Failures are errors of Evergrant. */
export interface Keychain {
  /** `undefined`: there is none. */
  get(place: KeychainPlace): Promise<string | undefined>
  set(place: KeychainPlace, secret: string): Promise<void>
}

/** The keychain of the system. Its program is loaded when it is first asked. */
export const systemKeychain: Keychain = keychainBy(() => import('@napi-rs/keyring'))

/** A keychain that `load` brings. */
export function keychainBy(load: () => Promise<{ readonly AsyncEntry: typeof AsyncEntry }>): Keychain {
  return {
    async get(place) {
      const entry = await entryOf(place, load)
      return (await entry.getPassword().catch(refused)) ?? undefined
    },
    async set(place, secret) {
      const entry = await entryOf(place, load)
      await entry.setPassword(secret).catch(refused)
    },
  }
}

/**
 * The kernel's keyring, which would be taken where a Linux has no Secret Service, is not: it forgets when the machine is
 * started anew, and "no such secret" would be all that it says.
 */
const OPTIONS = { linux: { store: 'secret-service' } } as const

async function entryOf(
  { service, account }: KeychainPlace,
  load: Parameters<typeof keychainBy>[0],
): Promise<AsyncEntry> {
  const { AsyncEntry: Entry } = await load().catch(() => {
    throw unavailable(
      `There is no keychain for this platform (${process.platform} ${process.arch}); use another source.`,
    )
  })
  try {
    return new Entry(service, account, OPTIONS)
  } catch {
    throw unavailable(
      'The keychain cannot be reached: a Linux needs a Secret Service (GNOME Keyring, KWallet) on the session bus.',
    )
  }
}

/** The texts of keychains are looked at and not shown: some name what they were about to store. */
function refused(error: unknown): never {
  const text = error instanceof Error ? error.message : ''
  const locked = /prompt|locked|dismissed|interaction/i.test(text)
  throw unavailable(
    locked
      ? 'The keychain is locked; unlock it, which needs a desktop session or its password.'
      : 'The keychain does not give the secret out, or does not take it; look at it with its own tool.',
  )
}

function unavailable(message: string): EvergrantError {
  return new EvergrantError(fail('secret_unavailable', { message }))
}
