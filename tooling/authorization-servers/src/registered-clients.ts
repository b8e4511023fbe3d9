import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import type { ClientMetadata } from 'oidc-provider'
import type { Method } from './authentication-methods.ts'
import { type Certificate, certificateJwk } from './certificate.ts'

export const REDIRECT_URI = 'https://app.example/callback'
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** What the clients know that the server knows a half of, at most. */
export interface ClientKeys {
  /** With what has to be escaped in a header and in a form, and long enough to sign with. */
  readonly secret: string
  readonly privateKey: CryptoKey
  readonly certificate: Certificate
}

/** A client for every way to authenticate, which may use every grant that is open to it. */
export async function registeredClients(
  certificate: Certificate,
): Promise<{ clients: ClientMetadata[]; keys: ClientKeys }> {
  const secret = 'a secret: 100% safe & sound, +/= and ~'
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const common = (method: Method): ClientMetadata => ({
    client_id: method,
    token_endpoint_auth_method: method,
    redirect_uris: [REDIRECT_URI],
    response_types: ['code'],
    grant_types: [
      'authorization_code',
      'refresh_token',
      DEVICE_CODE,
      TOKEN_EXCHANGE,
      ...(method === 'none' ? [] : ['client_credentials']),
    ],
  })
  const clients: ClientMetadata[] = [
    { ...common('client_secret_basic'), client_secret: secret },
    { ...common('client_secret_post'), client_secret: secret },
    { ...common('client_secret_jwt'), client_secret: secret, token_endpoint_auth_signing_alg: 'HS256' },
    {
      ...common('private_key_jwt'),
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'registered' }] },
      token_endpoint_auth_signing_alg: 'ES256',
    },
    { ...common('tls_client_auth'), tls_client_auth_san_dns: 'client.example' },
    {
      ...common('self_signed_tls_client_auth'),
      jwks: { keys: [await certificateJwk(certificate.cert)] },
      tls_client_certificate_bound_access_tokens: true,
    },
    common('none'),
  ] as ClientMetadata[]
  return { clients, keys: { secret, privateKey, certificate } }
}
