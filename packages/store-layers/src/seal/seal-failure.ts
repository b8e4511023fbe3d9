import { EvergrantError, type FailureKind, fail } from '@evergrant/core'

/** No key of this name is in the ring. */
export function keyMissing(keyId: string): EvergrantError {
  const message = `A record was sealed under the key "${keyId}", which is not in the keyring; it is left untouched.`
  return new EvergrantError(fail('seal_key_missing', { message }))
}

/** What was opened is not what was sealed. */
export function sealBroken(keyId: string): EvergrantError {
  const message = `A record does not open under the key "${keyId}": it was changed, moved or cut, or the key is another.`
  return new EvergrantError(fail('seal_broken', { message }))
}

/** What begins as a sealed record is none. */
export function notAnEnvelope(): EvergrantError {
  return new EvergrantError(
    fail('seal_broken', { message: 'A record begins as a sealed one and is cut or garbled.' }),
  )
}

/** The key service has failed, for a reason that is known or not; what it said is left out. */
export function serviceFailed(keyId: string, error: unknown): EvergrantError {
  if (EvergrantError.is(error)) return error
  return serviceFailure(`The key service of "${keyId}" has failed.`, 'retry')
}

/** The key service gave what cannot be a key of its own. */
export function serviceOdd(keyId: string): EvergrantError {
  return serviceFailure(
    `The key service of "${keyId}" answers with something that is no data key.`,
    'distrust',
  )
}

function serviceFailure(message: string, kind: FailureKind): EvergrantError {
  return new EvergrantError(fail('key_service_failed', { kind, message }))
}

export function invalidOption(complaint: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${complaint}` }))
}
