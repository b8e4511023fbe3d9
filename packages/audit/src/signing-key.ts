import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { EvergrantError, fail, type Secret } from '@evergrant/core'

/** Reads the private key that lines are signed with. Rejects with `key_unusable` when it is not one of Ed25519. */
export async function signingKey(from: string | Secret): Promise<KeyObject> {
  const text = typeof from === 'string' ? from : await from.read()
  return ed25519(() => createPrivateKey(text))
}

/** Reads the public key that signatures are checked with: in PEM, of a public or a private key. */
export function verifyingKey(pem: string): KeyObject {
  return ed25519(() => createPublicKey(pem))
}

function ed25519(read: () => KeyObject): KeyObject {
  try {
    const key = read()
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What OpenSSL has to say about it may quote it.
  }
  const message =
    'The key of the audit log cannot be used: an Ed25519 key in PEM is wanted (openssl genpkey -algorithm ed25519).'
  throw new EvergrantError(fail('key_unusable', { message }))
}
