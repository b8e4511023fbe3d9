import type { ClientAuthentication, Secret } from '@evergrant/core'
import { type AssertionOptions, clientAssertion } from './client-assertion.ts'
import { lateText } from './late-text.ts'
import { type PrivateKey, type SigningKey, signingKey } from './private-key.ts'

export interface PrivateKeyJwtOptions extends AssertionOptions {
  /**
   * The private key, of which the server has the public half. A secret (a JWK or PKCS#8 in PEM) is read anew for every
   * request, so that a key which was replaced is used with the next one.
   */
  readonly key: PrivateKey | Secret
  /** How it signs (RFC 7518 §3.1). Absent: as the key says, or as its kind suggests. */
  readonly alg?: string
  /** The name under which the server knows the key. Absent: as the JWK says. */
  readonly kid?: string
}

/**
 * Authenticates a client by its private key: `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9). The server
 * learns nothing that it could use in the client's name. Requests fail with `key_unusable`, before anything is sent,
 * when the key is not what it should be.
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientAuthentication {
  const { key: from, alg, kid } = options
  const read = lateKey(from, alg)
  return clientAssertion(options, async () => {
    const signer = await read()
    return { ...signer, kid: kid ?? signer.kid }
  })
}

/** Reads a key each time it is needed; the same text is made into a key once. */
function lateKey(from: PrivateKey | Secret, alg: string | undefined): () => Promise<SigningKey> {
  let known: { readonly text: string; readonly key: SigningKey } | undefined
  return async () => {
    if (typeof from !== 'string' && !('read' in from)) return signingKey(from, alg)
    const text = await lateText(from, 'private key')
    if (known?.text !== text) known = { text, key: await signingKey(text, alg) }
    return known.key
  }
}
