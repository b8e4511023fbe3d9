import { EvergrantError, type FailureKind, fail } from '@evergrant/core'

/** A key service has failed. Nothing of what it said is in the message: it may repeat what was sent. */
export function serviceFailure(kind: FailureKind, message: string, status?: number): EvergrantError {
  return new EvergrantError(
    fail('key_service_failed', { kind, message, ...(status !== undefined && { status }) }),
  )
}

export function invalidOption(complaint: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${complaint}` }))
}
