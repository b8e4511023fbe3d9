import { EvergrantError, fail } from '@evergrant/core'

/** The failure of a caller whose signal was aborted, with the signal's reason as its cause. */
export function abortedError(signal: AbortSignal | undefined): EvergrantError {
  const error = new EvergrantError(fail('aborted'))
  error.cause = signal?.reason
  return error
}
