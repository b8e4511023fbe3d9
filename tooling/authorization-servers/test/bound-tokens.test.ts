import { dpop } from '@evergrant/jose'
import {
  localStore,
  type RuntimeOptions,
  type TokenSource,
  tokenRuntime,
  tokenSource,
} from '@evergrant/runtime'
import { introspectToken } from '@evergrant/runtime/flows'
import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JWT_API } from '../src/oidc-server.ts'
import {
  type ClientSetting,
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

/** A client that has its tokens bound to a key. */
function bound(method: Parameters<typeof clientSetting>[1], proof = dpop()): ClientSetting {
  const how = clientSetting(here, method)
  return { ...how, client: { ...how.client, proof } }
}

function delegated(how: ClientSetting, options: RuntimeOptions = {}): TokenSource {
  return tokenSource({ ...how, ...options, grant: { type: 'refresh_token' }, subject: 'somebody' })
}

/** What the server has refused since the test began. */
function refusals() {
  const before = here.server.seen.errors.length
  return () => here.server.seen.errors.slice(before)
}

describe('a token that is bound to a key', () => {
  it.each(['client_secret_basic', 'private_key_jwt', 'client_secret_jwt'] as const)(
    'is obtained with %s, with the nonce that the server asks for, and taken by the API, which has its own',
    async method => {
      const refused = refusals()
      await using source = tokenSource({ ...bound(method), scopes: ['read'] })
      expect((await source.token()).tokenType).toBe('DPoP')
      expect(refused()).toEqual(['use_dpop_nonce'])
      here.api.answers.length = 0
      for (let calls = 0; calls < 6; calls++) {
        expect(await callApi(here, source, '/orders?page=1')).toMatchObject({ status: 200, scope: 'read' })
      }
      expect(here.api.answers.filter(answer => answer !== '200')).toEqual(
        here.api.answers.filter(answer => answer === '401 use_dpop_nonce'),
      )
      expect(here.api.answers.filter(answer => answer === '200')).toHaveLength(6)
    },
  )

  it('may be a JWT that says so', async () => {
    const proof = dpop()
    await using source = tokenSource({
      ...bound('client_secret_post', proof),
      scopes: ['read'],
      resources: [JWT_API],
    })
    const { accessToken } = await source.token()
    const { cnf } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    expect(cnf).toEqual({ jkt: await proof.thumbprint() })
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
  })

  it('is worth nothing without its key', async () => {
    await using source = tokenSource({ ...bound('client_secret_post'), scopes: ['read'] })
    const { accessToken } = await source.token()
    for (const authorization of [`Bearer ${accessToken}`, `DPoP ${accessToken}`]) {
      const response = await fetch(here.api.url, { headers: { authorization } })
      expect(response.status).toBe(401)
    }
    const stranger = tokenSource({ ...bound('client_secret_post'), scopes: ['read'] })
    await stranger.receive({ accessToken, expiresAt: Date.now() + HALF_AN_HOUR })
    expect(await callApi(here, stranger)).toMatchObject({ status: 200 })
    expect((await stranger.token()).accessToken).not.toBe(accessToken)
    await stranger.close()
  })

  it('comes from a sign-in by code, and is renewed with the same key', async () => {
    const how = bound('none')
    await using source = delegated(how)
    await source.receive(await signInByCode(here, how))
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
    const { refreshes, revocations } = here.server.seen
    await how.clock.advance(HALF_AN_HOUR)
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
    expect(here.server.seen).toMatchObject({ refreshes: refreshes + 1, revocations })
  })

  it('comes from a sign-in on a device', async () => {
    const how = bound('none')
    await using source = delegated(how)
    await source.receive(await signInOnDevice(here, how))
    expect(await callApi(here, source)).toMatchObject({ status: 200 })
  })

  it('is shared by processes with the same key, and by no others', async () => {
    const store = localStore()
    const key = await generateKeyPair('ES256', { extractable: false })
    const tokens: string[] = []
    for (const proof of [dpop({ key }), dpop({ key }), dpop()]) {
      await using runtime = tokenRuntime({ ...bound('client_secret_post'), store })
      const source = runtime.source(bound('client_secret_post', proof))
      tokens.push((await source.token()).accessToken)
      expect(await callApi(here, source)).toMatchObject({ status: 200 })
    }
    expect([tokens[0] === tokens[1], tokens[1] === tokens[2]]).toEqual([true, false])
  })

  it('cannot be renewed with another key by a public client, whose grant has then ended', async () => {
    const tokens = await signInByCode(here, bound('none'))
    const how = bound('none')
    await using source = delegated(how)
    await source.receive(tokens)
    await how.clock.advance(HALF_AN_HOUR)
    expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
  })

  it('can be asked about', async () => {
    const how = bound('client_secret_post')
    await using source = tokenSource({ ...how, scopes: ['read'] })
    const { accessToken } = await source.token()
    expect(await introspectToken(how, accessToken)).toMatchObject({ active: true, scope: ['read'] })
  })
})
