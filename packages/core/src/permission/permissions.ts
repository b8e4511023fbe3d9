import { EvergrantError } from '../failure/evergrant-error.ts'
import { fail } from '../failure/fail.ts'
import type { Advice } from '../failure/failure.ts'

/** How to get a scope, in words, where the provider knows. */
export type ScopeAdvice = (missing: readonly string[]) => Advice | undefined

/** What a token may do, as far as anybody has said. */
export interface Permissions {
  /** The scopes that were granted; `undefined` when nobody has said, and then nothing is known to be missing. */
  readonly scopes: readonly string[] | undefined
  /** Whether a scope was granted. `false` when nobody has said. */
  has(scope: string): boolean
  /** Those of the scopes that were certainly not granted. */
  missing(...scopes: readonly string[]): readonly string[]
  /**
   * Throws an `EvergrantError` of code `insufficient_scope` that names the missing scopes and, where the provider
   * knows, how to get them.
   */
  require(...scopes: readonly string[]): void
}

/**
 * The permissions of a token: of the scopes in the token response, in an introspection, or in the claims of a JWT
 * (RFC 9068 §2.2.3).
 */
export function permissions(scopes: readonly string[] | undefined, adviceFor?: ScopeAdvice): Permissions {
  const granted = scopes && new Set(scopes)
  const missing = (...wanted: readonly string[]) =>
    granted === undefined ? [] : wanted.filter(scope => !granted.has(scope))
  return {
    scopes,
    has: scope => granted?.has(scope) === true,
    missing,
    require(...wanted) {
      const lacking = missing(...wanted)
      if (lacking.length === 0) return
      const advice = adviceFor?.(lacking)
      const message = `The token lacks the scope ${lacking.join(' ')}. ${advice?.en ?? 'Have it granted, and obtain a new token.'}`
      throw new EvergrantError({ ...fail('insufficient_scope', { message }), ...(advice && { advice }) })
    },
  }
}

/** Which scopes a program was granted and which it has ever needed: what could be taken away. */
export interface ScopeLedger {
  /** Notes what a call needs and what its token has. */
  note(needed: readonly string[], granted: readonly string[] | undefined): void
  /** Scopes by what is known of them, each list sorted. */
  report(): ScopeReport
}

export interface ScopeReport {
  /** Granted, and needed by some call. */
  readonly used: readonly string[]
  /** Granted, and needed by none so far. */
  readonly unused: readonly string[]
  /** Needed by some call, and not granted. */
  readonly missing: readonly string[]
}

/** Most scopes that a ledger remembers of either kind. */
const SCOPES_MAX = 1_000

export function scopeLedger(): ScopeLedger {
  const needed = new Set<string>()
  const granted = new Set<string>()
  const add = (set: Set<string>, scopes: readonly string[]) => {
    for (const scope of scopes) if (set.size < SCOPES_MAX) set.add(scope)
  }
  return {
    note(wanted, given = []) {
      add(needed, wanted)
      add(granted, given)
    },
    report: () => ({
      used: [...granted].filter(scope => needed.has(scope)).sort(),
      unused: [...granted].filter(scope => !needed.has(scope)).sort(),
      missing: [...needed].filter(scope => !granted.has(scope)).sort(),
    }),
  }
}
