import { createHash } from 'node:crypto'
import { EvergrantError } from '@evergrant/core'

/** A key that is always the same for a name. */
export function rawKey(id: string): { readonly id: string; readonly key: string } {
  return { id, key: createHash('sha256').update(id).digest('base64') }
}

/** The error that an operation rejects with, which must be one of Evergrant's. */
export async function failureOf(operation: Promise<unknown>): Promise<EvergrantError> {
  const error = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (EvergrantError.is(error)) return error
  throw new Error('it did not fail as it should', { cause: error })
}
