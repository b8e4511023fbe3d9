import { EvergrantError, fail } from '@evergrant/core'

export function invalidOption(problem: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${problem}.` }))
}
