import type { Provider, Transport } from '@evergrant/core'
import { clientSecretJwt, privateKeyJwt } from '@evergrant/jose'
import {
  type Client,
  clientSecretBasic,
  clientSecretPost,
  type TokenSource,
  tlsClientAuth,
} from '@evergrant/runtime'
import { authorizedFetch, bearerApi } from '@evergrant/runtime/calls'
import {
  authorizationFlow,
  deviceSignIn,
  discoverProvider,
  type GrantedTokens,
  type SignInOptions,
} from '@evergrant/runtime/flows'
import { type VirtualClock, virtualClock } from '@evergrant/testkit'
import { undiciTransport } from '@evergrant/transport-undici'
import { vi } from 'vitest'
import type { Method } from '../../src/authentication-methods.ts'
import { browse } from '../../src/browser.ts'
import { type OidcServer, oidcServer } from '../../src/oidc-server.ts'
import { REDIRECT_URI } from '../../src/registered-clients.ts'
import { type ResourceServer, resourceServer } from '../../src/resource-server.ts'

/** An authorization server, an API, and what clients need to speak to them. */
export interface Setting extends AsyncDisposable {
  readonly server: OidcServer
  readonly api: ResourceServer
  readonly provider: Provider
  /** The provider as clients with a certificate find it. */
  readonly mtlsProvider: Provider
  readonly transport: Transport
  readonly mtlsTransport: Transport
}

export async function setting(): Promise<Setting> {
  // The server warns of everything that must not be done outside of a test.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  const server = await oidcServer()
  const transport = undiciTransport({ ca: server.ca })
  const mtlsTransport = undiciTransport({ ca: server.ca, ...server.keys.certificate })
  const provider = await discoverProvider(server.issuer, { transport })
  const mtlsProvider = await discoverProvider(server.issuer, { transport, mutualTls: true })
  const jwks = await transport.send(
    { method: 'GET', url: provider.jwksUri ?? '', headers: [], body: undefined, secrets: [] },
    { timeoutMs: 5_000, bodyBytesMax: 100_000 },
  )
  const api = await resourceServer(server.provider, JSON.parse(jwks.body))
  return {
    server,
    api,
    provider,
    mtlsProvider,
    transport,
    mtlsTransport,
    async [Symbol.asyncDispose]() {
      await Promise.all([transport.close?.(), mtlsTransport.close?.()])
      await api[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** What a client that authenticates by a method needs for a source or a flow. */
export interface ClientSetting {
  readonly provider: Provider
  readonly client: Client
  readonly transport: Transport
  readonly clock: VirtualClock
}

/** Time stands still for the client unless a test moves it; the server has its own, which goes on. */
export function clientSetting(of: Setting, method: Method): ClientSetting {
  const isMtls = method === 'tls_client_auth' || method === 'self_signed_tls_client_auth'
  return {
    provider: isMtls ? of.mtlsProvider : of.provider,
    transport: isMtls ? of.mtlsTransport : of.transport,
    client: clientOf(of.server, method),
    clock: virtualClock(Date.now()),
  }
}

function clientOf({ keys }: OidcServer, id: Method): Client {
  const { secret, privateKey } = keys
  switch (id) {
    case 'client_secret_basic':
      return { id, authentication: clientSecretBasic({ id, secret }) }
    case 'client_secret_post':
      return { id, authentication: clientSecretPost({ id, secret }) }
    case 'client_secret_jwt':
      return { id, authentication: clientSecretJwt({ clientId: id, secret }) }
    case 'private_key_jwt':
      return { id, authentication: privateKeyJwt({ clientId: id, key: privateKey, kid: 'registered' }) }
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return { id, authentication: tlsClientAuth({ id }) }
    case 'none':
      return { id }
  }
}

/** Signs somebody in by code: a person with a browser goes all the way. */
export async function signInByCode(
  of: Setting,
  how: ClientSetting,
  options: SignInOptions = {},
): Promise<GrantedTokens> {
  const flow = authorizationFlow({ ...how, redirectUri: REDIRECT_URI })
  const { url } = await flow.begin({ scopes: ['openid', 'offline_access', 'read'], ...options })
  return flow.complete((await browse(of.server.ca, url)).url)
}

/** Signs somebody in on a device: they enter the code elsewhere, and five seconds pass. */
export async function signInOnDevice(
  of: Setting,
  how: ClientSetting,
  answer: 'consents' | 'declines' = 'consents',
): Promise<GrantedTokens> {
  let show: (address: string) => void = () => undefined
  const shown = new Promise<string>(resolve => {
    show = resolve
  })
  const signedIn = deviceSignIn({
    ...how,
    scopes: ['openid', 'offline_access', 'read'],
    onPrompt: prompt => show(prompt.verificationUriComplete ?? ''),
  })
  signedIn.catch(() => undefined)
  const { pathname, search } = new URL(await Promise.race([shown, signedIn.then(() => '')]))
  // The server names the host that it was asked at; but people have no certificate.
  await browse(of.server.ca, of.server.issuer + pathname + search, answer)
  await how.clock.advance(5_000)
  return signedIn
}

/** Makes a call with the token of a source, and returns what the API has found out about it. */
export async function callApi({ api }: Setting, source: TokenSource, path = '/'): Promise<unknown> {
  const call = authorizedFetch(source, bearerApi({ origins: [api.url] }))
  const response = await call(api.url + path)
  return { status: response.status, ...((await response.json()) as object) }
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as Record<string, unknown>
  }
  throw new Error('it succeeded')
}
