import type { Provider } from '@evergrant/core'
import { faultyStore, jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { authorizationFlow } from '../../src/flows.ts'
import { type Client, localStore } from '../../src/index.ts'
import { failureOf, PROVIDER, rig } from '../support/rig.ts'

const SERVER: Provider = {
  ...PROVIDER,
  clientSecretMethod: 'client_secret_basic',
  authorizationEndpoint: 'https://as.example/authorize',
  issuer: 'https://as.example',
}
const CONFIDENTIAL: Client = { id: 'the-id', secret: 'the-s3cret' }
const TOKENS = { access_token: 'a-1', refresh_token: 'r-1', expires_in: 3600, id_token: 'x.y.z' }

function subject(provider: Provider = SERVER, client: Client = CONFIDENTIAL) {
  const clock = virtualClock()
  const transport = scriptedTransport(jsonResponse(TOKENS))
  const store = faultyStore(localStore({ clock }))
  const options = { provider, client, clock, transport, store, redirectUri: 'https://app.example/callback' }
  return { clock, transport, store, flow: authorizationFlow(options), elsewhere: authorizationFlow(options) }
}

function callback(state: string, more: Record<string, string> = { code: 'c0de' }): URL {
  return new URL(`https://app.example/callback?${new URLSearchParams({ state, ...more })}`)
}

describe('a sign-in', () => {
  it('ends with tokens for the source, though the answer comes to another process', async () => {
    const { flow, elsewhere, transport, clock } = subject()
    const { url, state } = await flow.begin({ scopes: ['read'], subject: 'user 7' })
    expect(new URL(url).searchParams.get('state')).toBe(state)
    const tokens = await elsewhere.complete(callback(state))
    expect(tokens).toEqual({
      accessToken: 'a-1',
      refreshToken: 'r-1',
      expiresAt: clock.now() + 3_600_000,
      scope: ['read'],
      subject: 'user 7',
      extra: { id_token: 'x.y.z' },
    })
    expect(transport.requests[0]).toMatchObject({ method: 'POST', url: 'https://as.example/token' })
    const sent = new URLSearchParams(transport.requests[0]?.body)
    expect([sent.get('grant_type'), sent.get('code')]).toEqual(['authorization_code', 'c0de'])
    expect(sent.get('code_verifier')).toMatch(/^[\w-]{43}$/)
    expect(url).not.toContain(sent.get('code_verifier'))
  })

  it('makes a source valid', async () => {
    const { flow } = subject()
    const { source } = rig({ grant: { type: 'refresh_token' }, subject: 'user 7' })
    const { state } = await flow.begin()
    await source.receive(await flow.complete(callback(state)))
    expect((await source.token()).accessToken).toBe('a-1')
  })

  it('differs from every other in state and verifier', async () => {
    const { flow } = subject()
    const all = await Promise.all(Array.from({ length: 20 }, () => flow.begin()))
    expect(new Set(all.map(({ state }) => state)).size).toBe(20)
    const challenges = all.map(({ url }) => new URL(url).searchParams.get('code_challenge'))
    expect(new Set(challenges).size).toBe(20)
  })

  it('is stored before the person is sent away', async () => {
    const { flow, store } = subject()
    store.fault('write', 'refused')
    await expect(flow.begin()).rejects.toThrow()
  })

  it('of a public client tells its id and nothing else', async () => {
    const { flow, transport } = subject(SERVER, { id: 'the-id' })
    const { state } = await flow.begin()
    await flow.complete(callback(state))
    const { headers, body } = transport.requests[0] ?? {}
    expect(headers?.map(([name]) => name)).not.toContain('authorization')
    expect(new URLSearchParams(body).get('client_id')).toBe('the-id')
    expect(body).not.toContain('secret')
  })

  it('may be redeemed with a code that the person has copied', async () => {
    const { flow } = subject()
    const { state } = await flow.begin()
    expect((await flow.redeem(state, 'c0de')).accessToken).toBe('a-1')
  })
})

describe('an answer', () => {
  it('is taken once: replayed, it finds nothing, and no second request is made', async () => {
    const { flow, elsewhere, transport } = subject()
    const { state } = await flow.begin()
    const results = await Promise.allSettled([
      flow.complete(callback(state)),
      elsewhere.complete(callback(state)),
      flow.complete(callback(state)),
    ])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await failureOf(flow.complete(callback(state)))).toMatchObject({
      kind: 'reauthorize',
      code: 'flow_unknown',
    })
    expect(transport.requests).toHaveLength(1)
  })

  it.each([
    ['of another state', (state: string) => callback(`${state}x`), 'flow_unknown'],
    ['without a state', () => new URL('https://app.example/callback?code=c'), 'flow_unknown'],
    ['with an error', (state: string) => callback(state, { error: 'access_denied' }), 'access_denied'],
    [
      'of another issuer',
      (state: string) => callback(state, { code: 'c', iss: 'https://evil.example' }),
      'issuer_mismatch',
    ],
    ['with a parameter twice', (state: string) => `${callback(state)}&code=d`, 'callback_malformed'],
    ['with nothing in it', (state: string) => callback(state, {}), 'callback_malformed'],
  ])('%s is refused', async (_, answer, code) => {
    const { flow, transport } = subject()
    const { state } = await flow.begin()
    expect(await failureOf(flow.complete(answer(state)))).toMatchObject({ code })
    expect(transport.requests).toHaveLength(0)
  })

  it('that comes too late is refused', async () => {
    const { flow, clock } = subject()
    const { state } = await flow.begin()
    clock.jump(600_001)
    expect(await failureOf(flow.complete(callback(state)))).toMatchObject({ code: 'flow_expired' })
  })

  it('for another server finds nothing, though both share a store', async () => {
    const { flow, store, clock } = subject()
    const other = authorizationFlow({
      provider: { ...SERVER, tokenEndpoint: 'https://other.example/token' },
      client: CONFIDENTIAL,
      store,
      clock,
      redirectUri: 'https://app.example/callback',
    })
    const { state } = await flow.begin()
    expect(await failureOf(other.complete(callback(state)))).toMatchObject({ code: 'flow_unknown' })
    expect((await flow.complete(callback(state))).accessToken).toBe('a-1')
  })

  it('that the token endpoint refuses says why, without the code in the text', async () => {
    const { flow, transport } = subject()
    transport.expect(
      jsonResponse({ error: 'invalid_grant', error_description: 'bad code c0de for the-s3cret' }, 400),
    )
    const { state } = await flow.begin()
    const failure = await failureOf(flow.complete(callback(state)))
    expect(failure).toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
    expect(JSON.stringify(failure)).not.toMatch(/c0de|s3cret/)
  })
})
