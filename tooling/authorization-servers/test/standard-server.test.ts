import { jwtVerifier, privateKeyJwt } from '@evergrant/jose'
import { tokenSource } from '@evergrant/runtime'
import { permissions } from '@evergrant/runtime/calls'
import {
  authorizationFlow,
  discoverProvider,
  introspectToken,
  revokeToken,
  tokenExchange,
} from '@evergrant/runtime/flows'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browse } from '../src/browser.ts'
import { JWT_API, OPAQUE_API } from '../src/oidc-server.ts'
import { REDIRECT_URI } from '../src/registered-clients.ts'
import {
  callApi,
  clientSetting,
  failureOf,
  type Setting,
  setting,
  signInByCode,
  signInOnDevice,
} from './support/setting.ts'

const HALF_AN_HOUR = 1_800_000

let here: Setting

beforeAll(async () => {
  here = await setting()
})
afterAll(() => here[Symbol.asyncDispose]())

describe('the server', () => {
  it('is described by its issuer URL alone', async () => {
    const { issuer } = here.server
    expect(here.provider).toMatchObject({
      issuer,
      tokenEndpoint: `${issuer}/token`,
      authorizationEndpoint: `${issuer}/auth`,
      deviceAuthorizationEndpoint: `${issuer}/device/auth`,
      revocationEndpoint: `${issuer}/token/revocation`,
      introspectionEndpoint: `${issuer}/token/introspection`,
      jwksUri: `${issuer}/jwks`,
      namesIssuer: true,
    })
    expect(here.provider.codeChallenge).toBeUndefined()
  })

  it('has endpoints of their own for clients with a certificate', () => {
    const { tokenEndpoint, authorizationEndpoint } = here.mtlsProvider
    expect(authorizationEndpoint).toBe(here.provider.authorizationEndpoint)
    expect(tokenEndpoint).not.toBe(here.provider.tokenEndpoint)
  })

  it('is not taken for another that it does not claim to be', async () => {
    const elsewhere = here.server.issuer.replace('localhost', 'LOCALHOST')
    const failure = await failureOf(discoverProvider(elsewhere, { transport: here.transport }))
    expect(failure).toMatchObject({ kind: 'distrust', code: 'issuer_mismatch' })
  })
})

describe('a sign-in by code', () => {
  it('is refused by the server without PKCE', async () => {
    const how = clientSetting(here, 'client_secret_basic')
    const provider = { ...how.provider, codeChallenge: 'none' } as const
    expect(await failureOf(signInByCode(here, { ...how, provider }))).toMatchObject({
      kind: 'configure',
      code: 'invalid_request',
    })
  })

  it('is refused by the server when the code was begun by somebody else', async () => {
    const how = clientSetting(here, 'none')
    const flows = [1, 2].map(() => authorizationFlow({ ...how, redirectUri: REDIRECT_URI }))
    const [victim, attacker] = await Promise.all(flows.map(flow => flow.begin({ scopes: ['openid'] })))
    const stolen = new URL((await browse(here.server.ca, victim?.url ?? '')).url)
    stolen.searchParams.set('state', attacker?.state ?? '')
    const failure = await failureOf(flows[1]?.complete(stolen) ?? Promise.resolve())
    expect(failure).toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
  })

  it('ends in words when the person declines', async () => {
    const how = clientSetting(here, 'none')
    const flow = authorizationFlow({ ...how, redirectUri: REDIRECT_URI })
    const { url } = await flow.begin({ scopes: ['openid'] })
    const { url: answer } = await browse(here.server.ca, url, 'declines')
    expect(await failureOf(flow.complete(answer))).toMatchObject({ kind: 'declined', code: 'access_denied' })
  })
})

describe('a sign-in on a device', () => {
  it('ends in words when the person declines', async () => {
    const declined = signInOnDevice(here, clientSetting(here, 'none'), 'declines')
    expect(await failureOf(declined)).toMatchObject({ kind: 'declined', code: 'access_denied' })
  })
})

describe('an assertion', () => {
  it('is made anew for every attempt, for the server takes none twice', async () => {
    const how = clientSetting(here, 'private_key_jwt')
    const sent: string[] = []
    let lose: () => void = () => undefined
    const lost = new Promise<void>(resolve => {
      lose = resolve
    })
    const transport = {
      async send(...[request, limits]: Parameters<typeof how.transport.send>) {
        sent.push(new URLSearchParams(request.body).get('client_assertion') ?? '')
        const response = await how.transport.send(request, limits)
        // The answer is lost behind a gateway, though the server has seen the assertion.
        if (sent.length > 1) return response
        setImmediate(lose)
        return { ...response, status: 503, body: '' }
      },
    }
    await using source = tokenSource({ ...how, transport })
    const token = source.token()
    await lost
    await how.clock.advance(1_000)
    expect((await token).accessToken).toBeTruthy()
    expect(new Set(sent).size).toBe(2)
    const replayed = {
      authenticate: async () => ({
        method: 'POST' as const,
        url: how.provider.tokenEndpoint,
        headers: [['content-type', 'application/x-www-form-urlencoded']] as const,
        body: `grant_type=client_credentials&client_id=private_key_jwt&client_assertion=${sent[1]}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer`,
        secrets: [],
      }),
    }
    await using thief = tokenSource({ ...how, client: { id: 'private_key_jwt', authentication: replayed } })
    expect(await failureOf(thief.token())).toMatchObject({ kind: 'configure', code: 'invalid_client' })
  })

  it.each([
    ['the issuer', () => here.server.issuer],
    ['the token endpoint', () => here.provider.tokenEndpoint],
  ])('may be for %s', async (_, audience) => {
    const how = clientSetting(here, 'private_key_jwt')
    const key = here.server.keys.privateKey
    const authentication = privateKeyJwt({ clientId: 'private_key_jwt', key, audience: audience() })
    await using source = tokenSource({ ...how, client: { id: 'private_key_jwt', authentication } })
    expect((await source.token()).accessToken).toBeTruthy()
  })

  it('for somebody else, or with another key, is refused', async () => {
    const how = clientSetting(here, 'private_key_jwt')
    const { privateKey: stranger } = await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign', 'verify'],
    )
    for (const options of [
      { key: here.server.keys.privateKey, audience: 'https://other.example' },
      { key: stranger },
    ]) {
      const authentication = privateKeyJwt({ clientId: 'private_key_jwt', ...options })
      await using source = tokenSource({ ...how, client: { id: 'private_key_jwt', authentication } })
      expect(await failureOf(source.token())).toMatchObject({ kind: 'configure', code: 'invalid_client' })
    }
  })
})

describe('a token', () => {
  it('that is revoked is worth nothing any more', async () => {
    const how = clientSetting(here, 'client_secret_basic')
    const tokens = await signInByCode(here, how)
    expect(await introspectToken(how, tokens.accessToken)).toMatchObject({
      active: true,
      subject: 'somebody',
    })
    await revokeToken(how, tokens.refreshToken ?? '', 'refresh_token')
    expect(await introspectToken(how, tokens.accessToken)).toMatchObject({ active: false })
    await using source = tokenSource({ ...how, grant: { type: 'refresh_token' }, subject: 'somebody' })
    await source.receive(tokens)
    await how.clock.advance(HALF_AN_HOUR)
    expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
  })

  it.each(['tls_client_auth', 'private_key_jwt'] as const)(
    'is asked about and revoked by a client that authenticates with %s',
    async method => {
      const how = clientSetting(here, method)
      const { accessToken } = await tokenSource({ ...how, scopes: ['read'] }).token()
      expect(await introspectToken(how, accessToken)).toMatchObject({ active: true, scope: ['read'] })
      await revokeToken(how, accessToken, 'access_token')
      expect(await introspectToken(how, accessToken)).toMatchObject({ active: false })
    },
  )

  it('for a resource is a JWT that can be verified, where the resource wants one', async () => {
    const how = clientSetting(here, 'client_secret_post')
    const audience = JWT_API
    await using source = tokenSource({ ...how, scopes: ['read'], resources: [audience] })
    const token = await source.token()
    const { transport } = here
    const verified = await jwtVerifier({ issuer: here.server.issuer, audience, transport }).verify(token)
    expect(verified).toMatchObject({
      claims: { aud: audience, client_id: 'client_secret_post' },
      permissions: { scopes: ['read'] },
    })
    expect(await callApi(here, source)).toMatchObject({ status: 200, scope: 'read' })
    const other = jwtVerifier({ issuer: here.server.issuer, audience: OPAQUE_API, transport })
    expect(await failureOf(other.verify(token))).toMatchObject({ code: 'token_not_verified' })
  })

  it('for a resource is the same after every renewal, however it was obtained', async () => {
    const how = clientSetting(here, 'client_secret_post')
    const resources = [JWT_API]
    await using source = tokenSource({
      ...how,
      grant: { type: 'refresh_token' },
      subject: 'somebody',
      resources,
    })
    await source.receive(await signInByCode(here, how, { resources }))
    const audiences: unknown[] = []
    for (let renewal = 0; renewal < 2; renewal++) {
      const { accessToken } = await source.token()
      audiences.push(JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).aud)
      await how.clock.advance(HALF_AN_HOUR)
    }
    expect(audiences).toEqual([JWT_API, JWT_API])
  })

  it('of a resource that the server does not know is refused', async () => {
    const how = clientSetting(here, 'client_secret_post')
    await using source = tokenSource({ ...how, resources: ['not a resource'] })
    expect(await failureOf(source.token())).toMatchObject({ kind: 'configure', code: 'invalid_target' })
  })

  it('is renewed for fewer scopes, when that is what is wanted', async () => {
    const how = clientSetting(here, 'client_secret_post')
    await using source = tokenSource({
      ...how,
      grant: { type: 'refresh_token', narrowTo: ['openid'] },
      subject: 'somebody',
    })
    const tokens = await signInByCode(here, how)
    await source.receive(tokens)
    expect(permissions((await source.token()).scope).has('read')).toBe(true)
    await how.clock.advance(HALF_AN_HOUR)
    expect((await source.token()).scope).toEqual(['openid'])
  })
})

describe('a token exchange', () => {
  it('is refused as a matter of signing in anew once the subject’s token was revoked', async () => {
    const service = clientSetting(here, 'client_secret_basic')
    await using upstream = tokenSource({ ...service, scopes: ['read'] })
    const { accessToken } = await upstream.token()
    const how = clientSetting(here, 'client_secret_basic')
    const subject = 'the service'
    const options = { ...how, subject, scopes: ['read'] }
    const renewed = tokenSource({ ...options, grant: tokenExchange({ subjectToken: upstream }) })
    const fixed = tokenSource({
      ...options,
      grant: tokenExchange({ subjectToken: { read: () => accessToken } }),
    })
    await Promise.all([renewed.token(), fixed.token()])
    await revokeToken(service, accessToken, 'access_token')
    await how.clock.advance(HALF_AN_HOUR)
    expect(await failureOf(fixed.token())).toMatchObject({ kind: 'reauthorize', code: 'invalid_request' })
    // One that comes from a source is replaced there, and the exchange goes on.
    expect(await callApi(here, renewed)).toEqual({ status: 200, scope: 'read' })
    await Promise.all([renewed.close(), fixed.close()])
  })
})
