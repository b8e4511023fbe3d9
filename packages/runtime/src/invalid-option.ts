import { EvergrantError, fail } from '@evergrant/core'

/** An error of code `invalid_option` that names the option and what is wrong with it. */
export function invalidOption(problem: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${problem}.` }))
}
