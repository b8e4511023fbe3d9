import { EvergrantError, fail } from '@evergrant/core'

/** A keyring, or a line of it, that cannot be used. */
export function unusable(message: string): EvergrantError {
  return new EvergrantError(fail('key_unusable', { message }))
}
