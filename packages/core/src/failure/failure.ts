import type { FailureCode } from './failure-codes.ts'

/**
 * What the caller should do about a failure. This is the first thing to branch on; the code comes second.
 *
 * - `reauthorize`: the grant has ended. Obtain a new one (a user signs in again, an operator imports one).
 * - `retry`: nothing is wrong with the configuration. Try again after `retryAfterMs`.
 * - `configure`: the request can never succeed as configured. Change a key, a scope, a URL or a permission.
 * - `distrust`: the peer answered with something a token endpoint must not answer. Check who is answering.
 * - `declined`: a person or a policy said no.
 * - `cancelled`: the caller, or `close()`, ended the call.
 */
export type FailureKind = 'reauthorize' | 'retry' | 'configure' | 'distrust' | 'declined' | 'cancelled'

/** A failure as a value. Never contains a secret or a token. */
export interface Failure {
  readonly kind: FailureKind
  /** The RFC's `error` string where there is one, else one of Evergrant's own codes. */
  readonly code: FailureCode | (string & {})
  /** One sentence that says what happened and what to do, in English. */
  readonly message: string
  /** Milliseconds to wait before the next attempt can make sense. Absent means: no such time is known. */
  readonly retryAfterMs?: number
  /** The HTTP status of the answer that failed. Absent when there was no answer. */
  readonly status?: number
  /** What the server said, untrusted: redacted, freed of control characters, at most 256 characters. */
  readonly description?: string
  /** What to do, in the words of the provider's error table. */
  readonly advice?: Advice
}

/** Advice to a person, in the two languages most users of the first provider read. */
export interface Advice {
  readonly en: string
  readonly zh: string
}

/** Terminal failures latch until something outside changes; transient ones back off. */
export function isTerminal(failure: Failure): boolean {
  return failure.kind === 'reauthorize' || failure.kind === 'configure' || failure.kind === 'declined'
}
