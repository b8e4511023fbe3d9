import { type ClientAuthentication, type Secret, utf8Bytes } from '@evergrant/core'
import { type AssertionOptions, clientAssertion } from './client-assertion.ts'
import { lateText } from './late-text.ts'

export interface ClientSecretJwtOptions extends AssertionOptions {
  readonly secret: string | Secret
  /** `HS256` by default. */
  readonly alg?: 'HS256' | 'HS384' | 'HS512'
}

/**
 * Authenticates a client by an assertion that is signed with its secret, which itself stays at home:
 * `client_secret_jwt` (RFC 7523 §2.2, OpenID Connect Core §9).
 */
export function clientSecretJwt(options: ClientSecretJwtOptions): ClientAuthentication {
  const { secret, alg = 'HS256' } = options
  return clientAssertion(options, async () => ({
    key: Uint8Array.from(utf8Bytes(await lateText(secret, 'client secret'))),
    alg,
  }))
}
