import { type Advice, EvergrantError, fail } from '@evergrant/core'

/** `advice`: what to do, where the problem does not say it. */
export function invalidOption(problem: string, advice?: Advice): EvergrantError {
  const message = `Invalid option: ${problem}.`
  return new EvergrantError(fail('invalid_option', { message, ...(advice !== undefined && { advice }) }))
}
