import { EvergrantError, type FailureCode, type FailureDetails, fail } from '@evergrant/core'

/** The codes with which a bundle is refused. */
type BundleCode = Extract<FailureCode, `bundle_${string}` | 'clock_set_back'>

/** Why a bundle is refused. Messages never quote a bundle: what does not open may still hold a token. */
export function refused(code: BundleCode, details: FailureDetails = {}): EvergrantError {
  return new EvergrantError(fail(code, details))
}

export function damaged(why: string): EvergrantError {
  return refused('bundle_damaged', { message: `The bundle is damaged, or is no bundle: ${why}.` })
}

export function invalidOption(problem: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${problem}.` }))
}
