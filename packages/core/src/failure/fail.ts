import type { Failure } from './failure.ts'
import { FAILURE_CODES, type FailureCode } from './failure-codes.ts'
import type { FailureKind } from './failure-kind.ts'

/** Details that a failure of a known code may add to, or replace in, what the code says by itself. */
export type FailureDetails = Partial<Omit<Failure, 'code'>>

/** A failure of one of Evergrant's own codes, with its kind and message unless the details say otherwise. */
export function fail(code: FailureCode, details: FailureDetails = {}): Failure {
  const [kind, message]: readonly [FailureKind, string] = FAILURE_CODES[code]
  return { kind, code, message, ...details }
}
