import { EvergrantError, fail, TransportError } from '@evergrant/core'
import { jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { type AuthorizationFlow, authorizationFlow, deviceSignIn, revokeToken } from '../src/flows.ts'
import { localStore, tokenRuntime } from '../src/index.ts'
import { fakeProof } from './support/fake-proof.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const BOUND = jsonResponse({ access_token: 'bound-1', token_type: 'DPoP', expires_in: 3600 })
const NONCE = jsonResponse({ error: 'use_dpop_nonce' }, 400, [['dpop-nonce', 'n-1']])
const SERVER = {
  ...PROVIDER,
  authorizationEndpoint: 'https://as.example/authorize',
  deviceAuthorizationEndpoint: 'https://as.example/device',
  revocationEndpoint: 'https://as.example/revoke',
}

function bound(proof = fakeProof()) {
  const client = { id: 'the-id', secret: 'the-s3cret', proof }
  return { proof, ...rig({ client }, BOUND) }
}

function proofs(transport: { requests: readonly { headers: readonly (readonly [string, string])[] }[] }) {
  return transport.requests.map(({ headers }) => headers.find(([name]) => name === 'dpop')?.[1])
}

describe('a client with a proof of possession', () => {
  it('proves its token requests, and is given tokens that are bound to its key', async () => {
    const { source, transport, proof } = bound()
    const token = await source.token()
    expect([token.tokenType, token.toJSON().tokenType]).toEqual(['DPoP', 'DPoP'])
    expect(proofs(transport)).toEqual(['key-1-none'])
    expect(proof.proven).toEqual([{ method: 'POST', url: 'https://as.example/token' }])
    expect(source.proof).toBe(proof)
  })

  it('repeats a request once, at once, when the server asks for its nonce; the caller notices nothing', async () => {
    const { source, transport, clock, events } = bound()
    transport.expect(NONCE)
    const before = clock.now()
    expect((await source.token()).accessToken).toBe('bound-1')
    expect(proofs(transport)).toEqual(['key-1-none', 'key-2-n-1'])
    expect(clock.now()).toBe(before)
    expect(events.map(({ type }) => type)).not.toContain('renewal.failed')
  })

  it('does not loop when the server asks for a nonce again and again', async () => {
    const { source, transport, clock } = bound()
    transport.expect(NONCE, NONCE)
    const token = source.token()
    await clock.advance(0)
    expect(transport.requests).toHaveLength(2)
    await clock.advance(60_000)
    expect((await token).accessToken).toBe('bound-1')
  })

  it('has heard of every nonce before anything is done about the answer', async () => {
    const { source, transport, proof, clock } = bound()
    transport.expect(
      jsonResponse({ error: 'server_error' }, 500, [['dpop-nonce', 'n-500']]),
      jsonResponse({ error: 'invalid_client' }, 401, [['dpop-nonce', 'n-401']]),
    )
    const token = source.token()
    token.catch(() => undefined)
    await clock.advance(5_000)
    expect(await failureOf(token)).toMatchObject({ code: 'invalid_client' })
    expect(proof.log).toEqual(['prove', 'n-500', 'prove', 'n-401'])
  })

  it('is not repeated when too little time is left for it', async () => {
    const { source, transport, clock } = bound()
    transport.expect(() => {
      clock.jump(3_000)
      return NONCE
    })
    const token = source.token()
    await clock.advance(0)
    expect(transport.requests).toHaveLength(1)
    await clock.advance(5_000)
    expect((await token).accessToken).toBe('bound-1')
  })

  it('does not lose an answer because its proof cannot make anything of it', async () => {
    const heed = () => {
      throw new Error('what is this?')
    }
    const { source } = bound({ ...fakeProof(), heed })
    expect((await source.token()).accessToken).toBe('bound-1')
  })

  it('has not spent its refresh token on a request for a nonce', async () => {
    const client = { id: 'the-id', proof: fakeProof() }
    const { source, transport, clock } = rig({
      client,
      grant: { type: 'refresh_token', refreshToken: 'r-1' },
    })
    transport.expect(NONCE, new TransportError(fail('transport_failed'), 'not_sent'), BOUND)
    const token = source.token()
    await clock.advance(5_000)
    expect((await token).accessToken).toBe('bound-1')
    const presented = transport.requests.map(({ body }) => new URLSearchParams(body).get('refresh_token'))
    expect(presented).toEqual(['r-1', 'r-1', 'r-1'])
  })

  it('is refused a bearer token, and a client without one is refused a bound one', async () => {
    const { source } = rig({ client: { id: 'i', secret: 's', proof: fakeProof() } })
    expect(await failureOf(source.token())).toMatchObject({ kind: 'configure', code: 'token_not_bound' })
    const bearer = rig({}, BOUND)
    const refused = failureOf(bearer.source.token())
    await bearer.clock.advance(60_000)
    expect(await refused).toMatchObject({ kind: 'distrust', code: 'token_type_unknown' })
  })

  it('fails before anything is sent when its key cannot be used', async () => {
    const unusable = () => Promise.reject(new EvergrantError(fail('key_unusable')))
    const { source, transport } = bound({ ...fakeProof(), thumbprint: unusable })
    expect(await failureOf(source.token())).toMatchObject({ kind: 'configure', code: 'key_unusable' })
    const other = bound({ ...fakeProof(), prove: unusable })
    expect(await failureOf(other.source.token())).toMatchObject({ code: 'key_unusable' })
    expect([transport.requests, other.transport.requests]).toEqual([[], []])
  })

  it('shares tokens with the holders of its key, and with nobody else', async () => {
    const clock = virtualClock()
    const transport = scriptedTransport(BOUND)
    const store = localStore({ clock })
    const processes = ['one', 'one', 'two'].map(key => {
      const runtime = tokenRuntime({ clock, transport, store })
      return runtime.source({ provider: PROVIDER, client: { id: 'i', secret: 's', proof: fakeProof(key) } })
    })
    for (const process of processes) await process.token()
    expect(proofs(transport)).toEqual(['one-1-none', 'two-1-none'])
  })

  it('takes over bound tokens only from elsewhere', async () => {
    const { source } = bound()
    const expiresAt = Number.POSITIVE_INFINITY
    await source.receive({ accessToken: 'a', expiresAt })
    expect((await source.token()).tokenType).toBe('DPoP')
    const wrong = source.receive({ accessToken: 'a', tokenType: 'Bearer', expiresAt })
    expect(await failureOf(wrong)).toMatchObject({ code: 'invalid_option' })
  })
})

describe('a sign-in with a proof of possession', () => {
  function signIn() {
    const proof = fakeProof()
    const transport = scriptedTransport(BOUND)
    const clock = virtualClock()
    return { proof, transport, clock, client: { id: 'the-id', proof }, provider: SERVER }
  }

  async function complete(flow: AuthorizationFlow, state: string) {
    return flow.complete(`https://app.example/callback?state=${state}&code=c`)
  }

  it('binds the code to the key as well, and ends with bound tokens', async () => {
    const setting = signIn()
    setting.transport.expect(NONCE)
    const flow = authorizationFlow({ ...setting, redirectUri: 'https://app.example/callback' })
    const { url, state } = await flow.begin({ parameters: { prompt: 'login' } })
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      dpop_jkt: 'thumbprint of key',
      prompt: 'login',
    })
    expect(await complete(flow, state)).toMatchObject({ accessToken: 'bound-1', tokenType: 'DPoP' })
    expect(proofs(setting.transport)).toEqual(['key-1-none', 'key-2-n-1'])
    const codes = setting.transport.requests.map(({ body }) => new URLSearchParams(body).get('code'))
    expect(codes).toEqual(['c', 'c'])
  })

  it('asks twice at most', async () => {
    const setting = signIn()
    setting.transport.expect(NONCE, NONCE)
    const flow = authorizationFlow({ ...setting, redirectUri: 'https://app.example/callback' })
    const { state } = await flow.begin()
    expect(await failureOf(complete(flow, state))).toMatchObject({ kind: 'retry', code: 'use_dpop_nonce' })
    expect(setting.transport.requests).toHaveLength(2)
  })

  it('on a device proves the requests for tokens, and no others', async () => {
    const setting = signIn()
    const prompt = { device_code: 'd', user_code: 'U', verification_uri: 'https://v.example' }
    setting.transport.expect(jsonResponse(prompt))
    const signedIn = deviceSignIn({
      ...setting,
      onPrompt: () => undefined,
      audience: 'orders',
      resources: ['u'],
    })
    await setting.clock.advance(5_000)
    expect(await signedIn).toMatchObject({ tokenType: 'DPoP' })
    expect(proofs(setting.transport)).toEqual([undefined, 'key-1-none'])
    const bodies = setting.transport.requests.map(({ body }) => new URLSearchParams(body))
    expect(bodies.map(body => [body.get('audience'), body.get('resource')])).toEqual([
      ['orders', 'u'],
      ['orders', 'u'],
    ])
  })

  it('needs no proof to revoke a token', async () => {
    const setting = signIn()
    setting.transport.expect(jsonResponse({}))
    await revokeToken(setting, 'a', 'access_token')
    expect(proofs(setting.transport)).toEqual([undefined])
  })
})
