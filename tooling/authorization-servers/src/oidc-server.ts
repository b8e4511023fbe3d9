import { randomBytes, type X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { exportJWK, generateKeyPair } from 'jose'
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { certificate } from './certificate.ts'
import { type ClientKeys, registeredClients } from './registered-clients.ts'
import { registerTokenExchange } from './token-exchange-grant.ts'

/** Resources that tokens may be for; the first gets JWTs, the second opaque tokens. */
export const JWT_API = 'https://jwt.api.example/'
export const OPAQUE_API = 'https://opaque.api.example/'

/** What the server has seen. */
interface Seen {
  /** Refresh tokens that were used up, and token families that were revoked because one was used twice. */
  refreshes: number
  revocations: number
  /** Errors it has answered with. */
  readonly errors: string[]
}

/** A certified authorization server on loopback, as strict as it can be: PKCE, rotation, reuse detection, nonces. */
export interface OidcServer extends AsyncDisposable {
  readonly issuer: string
  /** The certificate to trust, in PEM. */
  readonly ca: string
  readonly provider: Provider
  readonly keys: ClientKeys
  readonly seen: Seen
}

export async function oidcServer(): Promise<OidcServer> {
  const host = await certificate('localhost')
  const clientCertificate = await certificate('client.example')
  const { clients, keys } = await registeredClients(clientCertificate)
  const plain = createServer(host)
  const demanding = createServer({
    ...host,
    requestCert: true,
    rejectUnauthorized: true,
    ca: clientCertificate.cert,
  })
  const issuer = await listen(plain)
  const mtls = await listen(demanding)
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signingKey = { ...(await exportJWK(privateKey)), kid: 'server', alg: 'ES256', use: 'sig' }
  const provider = new Provider(issuer, {
    ...configuration(mtls),
    clients,
    jwks: { keys: [signingKey] as NonNullable<Configuration['jwks']>['keys'] },
  })
  registerTokenExchange(provider)
  const seen = watch(provider)
  for (const server of [plain, demanding]) server.on('request', provider.callback())
  return {
    issuer,
    ca: host.cert,
    provider,
    keys,
    seen,
    async [Symbol.asyncDispose]() {
      await Promise.all([plain, demanding].map(close))
    },
  }
}

const FEATURES: Configuration['features'] = {
  devInteractions: { enabled: true },
  clientCredentials: { enabled: true },
  deviceFlow: {
    enabled: true,
    userCodeInputSource: (context, form) => page(context, form),
    userCodeConfirmSource: (context, form) => page(context, form),
    successSource: context => page(context, 'done'),
  },
  introspection: { enabled: true, allowedPolicy: () => true },
  revocation: { enabled: true, allowedPolicy: () => true },
  dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
  mTLS: {
    enabled: true,
    certificateBoundAccessTokens: true,
    tlsClientAuth: true,
    selfSignedTlsClientAuth: true,
    getCertificate: context => peerCertificate(context)?.toString(),
    certificateAuthorized: context => (context.socket as TLSSocket).authorized,
    certificateSubjectMatches: (context, property, expected) =>
      property === 'tls_client_auth_san_dns' &&
      peerCertificate(context)?.subjectAltName === `DNS:${expected}`,
  },
  resourceIndicators: {
    enabled: true,
    useGrantedResource: () => true,
    getResourceServerInfo: (_context, resource) => ({
      scope: 'read write',
      audience: resource,
      accessTokenTTL: 1_800,
      ...(resource === JWT_API
        ? { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
        : { accessTokenFormat: 'opaque' }),
    }),
  },
}

function configuration(mtls: string): Configuration {
  const ofHalfAnHour = () => 1_800
  return {
    scopes: ['openid', 'offline_access', 'read', 'write'],
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ],
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'HS256'],
      idTokenSigningAlgValues: ['ES256'],
    },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    discovery: {
      mtls_endpoint_aliases: {
        token_endpoint: `${mtls}/token`,
        device_authorization_endpoint: `${mtls}/device/auth`,
        revocation_endpoint: `${mtls}/token/revocation`,
        introspection_endpoint: `${mtls}/token/introspection`,
      },
    },
    features: FEATURES,
    findAccount: (_context, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    expiresWithSession: () => false,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: ofHalfAnHour,
      ClientCredentials: ofHalfAnHour,
      DeviceCode: ofHalfAnHour,
      Grant: ofHalfAnHour,
      IdToken: ofHalfAnHour,
      Interaction: ofHalfAnHour,
      RefreshToken: ofHalfAnHour,
      Session: ofHalfAnHour,
    },
  }
}

function page(context: KoaContextWithOIDC, html: string): void {
  context.type = 'html'
  context.body = html
}

function peerCertificate(context: KoaContextWithOIDC): X509Certificate | undefined {
  return (context.socket as TLSSocket).getPeerX509Certificate?.()
}

function watch(provider: Provider): Seen {
  const seen: Seen = { refreshes: 0, revocations: 0, errors: [] }
  provider.on('refresh_token.consumed', () => {
    seen.refreshes += 1
  })
  provider.on('grant.revoked', () => {
    seen.revocations += 1
  })
  provider.on('grant.error', (_context, error) => {
    seen.errors.push(error.error)
  })
  return seen
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

function close(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(resolve))
}
