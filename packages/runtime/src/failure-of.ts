import type { EvergrantError, Failure } from '@evergrant/core'

/** A failure as a value: the allow-listed fields of an error. */
export function failureOf(error: EvergrantError): Failure {
  const { kind, code, message, retryAfterMs, status, description, advice } = error
  return {
    kind,
    code,
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status !== undefined && { status }),
    ...(description !== undefined && { description }),
    ...(advice !== undefined && { advice }),
  }
}
