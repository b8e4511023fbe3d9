import { fail, recordKey, TransportError } from '@evergrant/core'
import { atRest, held, jsonResponse, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { EvergrantError, env, secret, Token, tokenSource } from '../src/index.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('identity()', () => {
  it('tells what makes the key of the record, and waits for a client id that is read late', async () => {
    const { source, store } = rig({
      client: { id: secret(async () => 'late'), secret: 's' },
      scopes: ['b', 'a'],
    })
    const identity = await source.identity()
    expect(identity).toMatchObject({ clientId: 'late', grantType: 'client_credentials', scopes: ['a', 'b'] })
    await source.token()
    expect(await store.read(recordKey(identity))).toBeDefined()
  })
})

describe('token()', () => {
  it('obtains a token and says what is known about it', async () => {
    const { source, clock, transport } = rig({ scopes: ['b', 'a'] })
    const token = await source.token()
    expect(token).toBeInstanceOf(Token)
    expect(token).toMatchObject({
      accessToken: 'token-1',
      tokenType: 'Bearer',
      expiresAt: clock.now() + HOUR,
      scope: ['a', 'b'],
      generation: 1,
    })
    expect(transport.requests).toHaveLength(1)
  })

  it('makes one request for a thousand callers, and answers all of them', async () => {
    const { source, transport } = rig()
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.token()))
    expect(new Set(tokens).size).toBe(1)
    expect(transport.requests).toHaveLength(1)
  })

  it('returns the very same promise while the token is fresh, and touches neither store nor network', async () => {
    const { source, store, transport } = rig()
    await source.token()
    await atRest()
    const { reads, writes } = store.counts
    const promise = source.token()
    expect(source.token()).toBe(promise)
    await promise
    expect(store.counts).toEqual({ reads, writes })
    expect(transport.requests).toHaveLength(1)
  })

  it('serves a due token at once and renews it behind the caller', async () => {
    const { source, clock, transport } = rig()
    await source.token()
    await clock.advance(HOUR - 60_000)
    expect((await source.token()).accessToken).toBe('token-1')
    await clock.advance(0)
    expect((await source.token()).accessToken).toBe('token-2')
    expect(transport.requests).toHaveLength(2)
  })

  it('serves the old token while the endpoint is down, until just before its end', async () => {
    const { source, clock, transport } = rig()
    await source.token()
    await clock.advance(HOUR - 60_000)
    transport.expect(...Array.from({ length: 10 }, () => jsonResponse({}, 503)))
    for (let i = 0; i < 9; i++) {
      expect((await source.token()).accessToken).toBe('token-1')
      await clock.advance(5_000)
    }
    expect(transport.requests.length).toBeGreaterThan(3)
  })

  it('asks for the minimum life that a caller wants', async () => {
    const { source, clock, transport } = rig()
    await source.token()
    await clock.advance(HOUR / 2)
    expect((await source.token({ minValidForMs: HOUR / 4 })).accessToken).toBe('token-1')
    expect((await source.token({ minValidForMs: HOUR * 0.75 })).accessToken).toBe('token-2')
    expect(await failureOf(source.token({ minValidForMs: 2 * HOUR }))).toMatchObject({
      code: 'lifetime_too_short',
    })
    expect(transport.requests).toHaveLength(2)
  })

  it('rejects with a branded error that says what to do', async () => {
    const { source, transport } = rig()
    transport.expect(jsonResponse({ error: 'invalid_client', error_description: 'unknown client id' }, 401))
    const error = await failureOf(source.token())
    expect(EvergrantError.is(error)).toBe(true)
    expect(error).toMatchObject({
      kind: 'configure',
      code: 'invalid_client',
      description: 'unknown client id',
    })
    expect(await failureOf(source.token())).toMatchObject({ code: 'invalid_client', retryAfterMs: 30_000 })
    expect(transport.requests).toHaveLength(1)
  })

  it.each([[{ minValidForMs: -1 }], [{ minValidForMs: Number.NaN }], [{ timeoutMs: -5 }]])(
    'refuses %j',
    async options => {
      expect(await failureOf(rig().source.token(options))).toMatchObject({ code: 'invalid_option' })
    },
  )
})

describe('a caller who leaves', () => {
  it('is told so, while the request goes on for the others', async () => {
    const { source, transport } = rig()
    const answer = held()
    transport.expect(answer.step)
    const controller = new AbortController()
    const leaving = failureOf(source.token({ signal: controller.signal }))
    const staying = source.token()
    await answer.arrived
    controller.abort('enough')
    expect(await leaving).toMatchObject({ kind: 'cancelled', code: 'aborted', cause: 'enough' })
    answer.answer(jsonResponse({ access_token: 'late', expires_in: 60 }))
    expect((await staying).accessToken).toBe('late')
  })

  it('before asking is told at once', async () => {
    const { source, transport } = rig()
    expect(await failureOf(source.token({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' })
    expect(transport.requests).toHaveLength(0)
  })

  it('alone leaves a result behind for the next one', async () => {
    const { source, transport } = rig()
    const answer = held()
    transport.expect(answer.step)
    const controller = new AbortController()
    const leaving = failureOf(source.token({ signal: controller.signal }))
    await answer.arrived
    controller.abort()
    await leaving
    answer.answer(jsonResponse({ access_token: 'late', expires_in: 60 }))
    await atRest()
    expect(source.current()?.accessToken).toBe('late')
  })

  it('by running out of time is told that the work goes on', async () => {
    const { source, clock, transport } = rig()
    transport.expect(held().step)
    const waiting = failureOf(source.token({ timeoutMs: 2_000 }))
    await clock.advance(2_000)
    expect(await waiting).toMatchObject({ kind: 'retry', code: 'call_timed_out' })
  })
})

describe('current()', () => {
  it('is the usable token, without waiting, and starts nothing', async () => {
    const { source, clock, transport } = rig()
    expect(source.current()).toBeUndefined()
    const token = await source.token()
    expect(source.current()).toBe(token)
    await clock.advance(HOUR - 60_000)
    expect(source.current()).toBe(token)
    expect(transport.requests).toHaveLength(1)
    await clock.advance(60_000)
    expect(source.current()).toBeUndefined()
  })
})

describe('reject()', () => {
  it('takes the token out of use at once, for any number of callers', async () => {
    const { source, transport } = rig()
    const token = await source.token()
    for (let i = 0; i < 10; i++) source.reject(i % 2 === 0 ? token : token.accessToken)
    expect(source.current()).toBeUndefined()
    const tokens = await Promise.all([source.token(), source.token()])
    for (let i = 0; i < 10; i++) source.reject(token)
    expect(tokens.map(each => each.accessToken)).toEqual(['token-2', 'token-2'])
    expect(source.current()?.accessToken).toBe('token-2')
    expect(transport.requests).toHaveLength(2)
  })

  it('before any token was obtained does nothing', () => {
    expect(() => rig().source.reject('x')).not.toThrow()
  })
})

describe('a grant kept warm', () => {
  it('of 30 days is renewed a day before its end, on a clock that sleeps in pieces', async () => {
    const { clock, source, transport } = rig(
      { keepWarm: true, policy: { renewBeforeMs: DAY, renewSpread: 0 } },
      () => jsonResponse({ access_token: `t${clock.now()}`, expires_in: 2_592_000 }),
    )
    await clock.advance(0)
    const first = source.current()?.accessToken
    expect(first).toBeDefined()
    await clock.advance(29 * DAY - 1)
    expect(transport.requests).toHaveLength(1)
    await clock.advance(1)
    expect(transport.requests).toHaveLength(2)
    expect(source.current()?.accessToken).not.toBe(first)
  })

  it('never lets a caller wait in a year of half-hour tokens', async () => {
    const { clock, source, transport } = rig({ keepWarm: true }, () =>
      jsonResponse({ access_token: `t${clock.now()}`, expires_in: 1800 }),
    )
    await clock.advance(0)
    for (let day = 0; day < 20; day++) {
      await clock.advance(DAY)
      expect(source.current()).toBeDefined()
    }
    expect(transport.requests.length).toBeLessThan(20 * 48 * 1.4)
  })
})

describe('a grant from elsewhere', () => {
  it('is received, served, renewed with its refresh token, and dropped', async () => {
    const { source, clock, transport } = rig({ grant: { type: 'refresh_token' } })
    expect(await failureOf(source.token())).toMatchObject({ code: 'refresh_token_missing' })
    await source.receive({ accessToken: 'a', refreshToken: 'r', expiresAt: clock.now() + HOUR, scope: ['s'] })
    expect(await source.token()).toMatchObject({ accessToken: 'a', scope: ['s'] })
    await clock.advance(HOUR)
    expect((await source.token()).accessToken).toBe('token-1')
    expect(transport.requests[0]?.body).toContain('grant_type=refresh_token&refresh_token=r')
    await source.drop()
    expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize', code: 'grant_dropped' })
  })

  it('may begin with a refresh token from a secret', async () => {
    const { source, transport } = rig({
      grant: { type: 'refresh_token', refreshToken: secret(async () => 'seed') },
    })
    expect((await source.token()).accessToken).toBe('token-1')
    expect(transport.requests[0]?.body).toContain('refresh_token=seed')
  })

  it('keeps the refresh tokens of its answers, also from a provider that sends others to no use', async () => {
    const provider = { ...PROVIDER, profile: { ...PROVIDER.profile, refreshToken: 'ignore' as const } }
    const grant = { type: 'refresh_token', refreshToken: 'r-1' } as const
    const { source, transport, clock } = rig({ provider, grant })
    transport.expect(jsonResponse({ access_token: 'a', expires_in: 60, refresh_token: 'r-2' }))
    await source.token()
    await clock.advance(60_000)
    await source.token()
    expect(transport.requests.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual([
      'r-1',
      'r-2',
    ])
  })

  it('takes the place of a refresh token that has not been sent yet, for its secret has to be read', async () => {
    let give: (text: string) => void = () => undefined
    const late = new Promise<string>(resolve => {
      give = resolve
    })
    const { source, clock, transport } = rig({
      client: { id: 'i', secret: secret(() => late) },
      grant: { type: 'refresh_token', refreshToken: 'replaced' },
    })
    const asked = source.token()
    await clock.advance(100)
    await source.receive({ accessToken: 'a', refreshToken: 'r', expiresAt: clock.now() + HOUR })
    give('s')
    await clock.advance(1_000)
    expect((await asked).accessToken).toBe('a')
    expect(transport.requests).toEqual([])
  })

  it.each([
    [{ accessToken: '' }],
    [{ accessToken: 'a b' }],
    [{ accessToken: 'a', refreshToken: 'x\n' }],
    [{ accessToken: 'a', expiresAt: 5 }],
    [{ accessToken: 'a', expiresAt: Number.NaN }],
  ])('is refused when it is %j', async tokens => {
    expect(await failureOf(rig({ grant: { type: 'refresh_token' } }).source.receive(tokens))).toMatchObject({
      code: 'invalid_option',
    })
  })

  it('without an expiry, or without end, says so', async () => {
    const { source } = rig({ grant: { type: 'refresh_token' } })
    await source.receive({ accessToken: 'a' })
    expect(await source.token()).toMatchObject({ lifetime: 'unknown' })
    await source.receive({ accessToken: 'b', expiresAt: Number.POSITIVE_INFINITY })
    expect(await source.token()).toMatchObject({ lifetime: 'never', expiresAt: Number.POSITIVE_INFINITY })
  })
})

describe('events and explanations', () => {
  it('tell the story without telling secrets', async () => {
    const { source, clock, events, transport } = rig()
    transport.expect(jsonResponse({ error: 'server_error', error_description: 'the-s3cret, really?' }, 500))
    const waiting = source.token()
    await clock.advance(2_000)
    const token = await waiting
    source.reject(token)
    await source.token()
    expect(events.map(event => event.type)).toEqual([
      'renewal.started',
      'renewal.failed',
      'renewal.started',
      'renewal.succeeded',
      'token.rejected',
      'renewal.started',
      'renewal.succeeded',
    ])
    expect(events[0]).toMatchObject({
      provider: 'test',
      at: expect.any(Number),
      grant: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    const told = JSON.stringify([events, source.explain()])
    for (const tabu of ['the-s3cret', 'token-1', 'token-2', 'the-id']) expect(told).not.toContain(tabu)
  })

  it('survive a listener that throws, and stop when asked to', async () => {
    const { source, events } = rig()
    source.on(() => {
      throw new Error('guest')
    })
    const seen: string[] = []
    const stop = source.on(event => seen.push(event.type))
    await source.token()
    stop()
    const before = seen.length
    source.reject(await source.token())
    expect([seen.length, events.length > before]).toEqual([before, true])
  })

  it('explain what is held', async () => {
    const { source } = rig()
    expect(source.explain()).toBeUndefined()
    await source.token()
    await atRest()
    expect(source.explain()).toMatchObject({
      decision: 'serve',
      phase: 'held',
      token: { generation: 1, saved: true },
    })
  })
})

describe('options', () => {
  it('that contradict each other are refused where they are given', () => {
    expect(() => rig({ policy: { leaseMs: 1 } })).toThrow('Invalid policy')
  })

  it('may take id and secret from the environment, read when they are needed', async () => {
    const { source, transport } = rig({
      client: { id: env('EVERGRANT_TEST_ID'), secret: env('EVERGRANT_TEST_SECRET') },
    })
    expect(await failureOf(source.token())).toMatchObject({
      kind: 'configure',
      code: 'secret_unavailable',
      message: expect.stringContaining('EVERGRANT_TEST_ID'),
    })
    process.env.EVERGRANT_TEST_ID = ' from the environment\n'
    expect(await failureOf(source.token())).toMatchObject({
      code: 'secret_unavailable',
      message: expect.stringContaining('EVERGRANT_TEST_SECRET'),
    })
    process.env.EVERGRANT_TEST_SECRET = 'x'
    expect(transport.requests).toHaveLength(0)
    delete process.env.EVERGRANT_TEST_ID
    delete process.env.EVERGRANT_TEST_SECRET
  })

  it('need nothing but a provider and a client', async () => {
    const calls: string[] = []
    const fetched = globalThis.fetch
    globalThis.fetch = async input => {
      calls.push(String(input))
      return new Response('{"access_token":"fetched","expires_in":60}')
    }
    try {
      await using source = tokenSource({ provider: PROVIDER, client: { id: 'i', secret: 's' } })
      expect((await source.token()).accessToken).toBe('fetched')
      expect(calls).toEqual(['https://as.example/token'])
    } finally {
      globalThis.fetch = fetched
    }
  })
})

describe('a client that looks like something else', () => {
  const doubting = {
    ...PROVIDER,
    doubtClient: (id: string, key: string) =>
      id === 'swapped' && key === 's' ? { en: 'Swap them.', zh: '请互换。' } : undefined,
  }

  it('is remarked on once, and the advice comes with the failure', async () => {
    const { source, events, transport, clock } = rig({
      provider: doubting,
      client: { id: 'swapped', secret: 's' },
    })
    transport.expect(jsonResponse({ error: 'invalid_client' }, 401))
    expect(await failureOf(source.token())).toMatchObject({ advice: { en: 'Swap them.' } })
    expect(events.filter(event => event.type === 'client.doubtful')).toHaveLength(1)
    await clock.advance(60_000)
    await source.token()
    expect(events.filter(event => event.type === 'client.doubtful')).toHaveLength(1)
  })

  it('is spoken of first where the provider has advice of its own, which knows only the answer', async () => {
    const told = { ...fail('invalid_client'), status: 401, advice: { en: 'Copy it.', zh: '请复制。' } }
    const profile = { ...PROVIDER.profile, classifyError: () => told }
    const provider = { ...doubting, profile }
    const { source, transport } = rig({ provider, client: { id: 'swapped', secret: 's' } })
    transport.expect(jsonResponse({ error: 'invalid_client' }, 401))
    const { advice } = await failureOf(source.token())
    expect(advice).toEqual({ en: 'Swap them. Copy it.', zh: '请互换。请复制。' })
  })

  it('is not blamed for a failure that no server has answered with', async () => {
    const { source, transport } = rig({ provider: doubting, client: { id: 'swapped', secret: 's' } })
    transport.expect(new TransportError(fail('tls_failed'), 'not_sent'))
    const error = await failureOf(source.token())
    expect([error.code, error.advice]).toEqual(['tls_failed', undefined])
  })
})

describe('virtual time', () => {
  it('is what the tests run on', () => {
    expect(virtualClock().now()).toBe(Date.UTC(2026, 0, 1))
  })
})
