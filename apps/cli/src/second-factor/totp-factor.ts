import { EvergrantError, fail, type Store } from '@evergrant/core'
import { Secret, TOTP } from 'otpauth'

/**
 * Time-based one-time passwords (RFC 6238) as a second verification: 6 digits, 30 s, SHA-1, as every authenticator
 * understands them. A code counts once (§5.2), in its own period or one beside it, and whoever guesses is stopped.
 */
export interface TotpFactor {
  /** Whether one was set up. */
  isSetUp(): Promise<boolean>
  /** Keeps the secret. Rejects with `second_factor_exists` when there is one. */
  setUp(secret: string): Promise<void>
  /** Rejects with `second_factor_refused` unless the code is good; it is not good a second time. */
  verify(code: string): Promise<void>
  remove(): Promise<void>
}

/** What is kept. Instants are epoch ms. */
interface Kept {
  readonly secret: string
  /** The period of the last code that was good: neither it nor an earlier one is good again. */
  readonly usedPeriod: number
  /** When wrong codes were given, of late. */
  readonly wrongAt: readonly number[]
}

const KEY = 'second-factor'
const PERIOD_S = 30
/** Periods before and after the present one whose codes are good: clocks differ. */
const WINDOW = 1
/** So many wrong codes within so many ms, and none is looked at any more: guessing takes a million. */
const WRONG_MAX = 5
const WRONG_WITHIN_MS = 15 * 60_000

/** A new secret, of 160 bits as RFC 4226 §4 recommends, in base32. */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32
}

/** What an authenticator scans. */
export function totpUri(secret: string, account: string): string {
  return totpOf(secret, account).toString()
}

/** Whether a code is one of the secret at this instant: to try it out before it is kept. */
export function isCodeOf(secret: string, code: string, at: number): boolean {
  return periodOf(secret, code, at) !== undefined
}

/** The second verification that a store keeps. A store, so that two processes cannot use one code. */
export function totpFactor(store: Store, now: () => number): TotpFactor {
  async function change(next: (kept: Kept | undefined) => Kept | undefined): Promise<void> {
    for (;;) {
      const entry = await store.read(KEY)
      const kept = entry === undefined ? undefined : (JSON.parse(entry.value) as Kept)
      const wanted = next(kept)
      const value = wanted === undefined ? undefined : JSON.stringify(wanted)
      if (entry === undefined && value === undefined) return
      const result = await store.write(KEY, { value, expected: entry?.version })
      if (result.written) return
    }
  }

  return {
    isSetUp: async () => (await store.read(KEY)) !== undefined,
    setUp: secret =>
      change(kept => {
        if (kept !== undefined) throw new EvergrantError(fail('second_factor_exists'))
        return { secret, usedPeriod: 0, wrongAt: [] }
      }),
    async verify(code) {
      let refused: EvergrantError | undefined
      await change(kept => {
        if (kept === undefined) throw new EvergrantError(fail('second_factor_missing'))
        const at = now()
        const wrongAt = kept.wrongAt.filter(each => at - each < WRONG_WITHIN_MS)
        const [oldest = at] = wrongAt
        if (wrongAt.length >= WRONG_MAX) {
          const retryAfterMs = Math.max(0, oldest + WRONG_WITHIN_MS - at)
          throw new EvergrantError(fail('second_factor_blocked', { retryAfterMs }))
        }
        const period = periodOf(kept.secret, code, at)
        const good = period !== undefined && period > kept.usedPeriod
        refused = good ? undefined : new EvergrantError(fail('second_factor_refused'))
        return good ? { ...kept, usedPeriod: period, wrongAt: [] } : { ...kept, wrongAt: [...wrongAt, at] }
      })
      if (refused !== undefined) throw refused
    },
    remove: () => change(() => undefined),
  }
}

/** The period whose code this is; `undefined` when it is none that counts. Compared in constant time. */
function periodOf(secret: string, code: string, at: number): number | undefined {
  const token = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = totpOf(secret, '').validate({ token, timestamp: at, window: WINDOW })
  return delta === null ? undefined : Math.floor(at / 1_000 / PERIOD_S) + delta
}

function totpOf(secret: string, label: string): TOTP {
  return new TOTP({ issuer: 'Evergrant', label, secret: Secret.fromBase32(secret), period: PERIOD_S })
}
