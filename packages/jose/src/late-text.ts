import { EvergrantError, fail, type Secret } from '@evergrant/core'

/** The text of a secret, or of a string that was given in its place. Rejects with `secret_unavailable` when there is none. */
export async function lateText(from: string | Secret, what: string): Promise<string> {
  const text = typeof from === 'string' ? from : await from.read()
  if (typeof text === 'string' && text !== '') return text
  throw new EvergrantError(fail('secret_unavailable', { message: `The ${what} is empty.` }))
}
