import type { FailureCode } from './failure-codes.ts'
import type { FailureKind } from './failure-kind.ts'

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
