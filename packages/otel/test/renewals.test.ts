import { fail, type TokenEvent, TransportError } from '@evergrant/core'
import { held, jsonResponse } from '@evergrant/testkit'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { bench } from './support/bench.ts'

const failing = (promise: Promise<unknown>) => promise.catch(() => undefined)

describe('renewals', () => {
  it('are counted by reason and outcome, and timed', async () => {
    const { source, transport, clock, read, events } = bench()
    const answer = held()
    transport.expect(answer.step)
    const token = source.token()
    await answer.arrived
    clock.jump(250)
    answer.answer(jsonResponse({ access_token: 'SECRET-a', expires_in: 3_600 }))
    source.reject(await token)
    transport.expect(jsonResponse({ error: 'invalid_client' }, 401))
    await failing(source.token())
    const grant = (events[0] as TokenEvent).grant
    expect(await read('evergrant.renewals')).toEqual([
      {
        attributes: {
          'evergrant.provider': 'test',
          'evergrant.grant': grant,
          'evergrant.renewal.reason': 'first',
          'evergrant.renewal.outcome': 'succeeded',
        },
        value: 1,
      },
      {
        attributes: {
          'evergrant.provider': 'test',
          'evergrant.grant': grant,
          'evergrant.renewal.reason': 'rejected',
          'evergrant.renewal.outcome': 'failed',
          'error.type': 'invalid_client',
        },
        value: 1,
      },
    ])
    expect(await read('evergrant.renewal.duration')).toMatchObject([
      { attributes: { 'evergrant.renewal.outcome': 'succeeded' }, value: 0.25, count: 1 },
      { attributes: { 'evergrant.renewal.outcome': 'failed' }, value: 0, count: 1 },
    ])
  })

  it('are spans, with what came of them', async () => {
    const { source, spans, clock } = bench()
    const startedAt = clock.now()
    source.reject(await source.token())
    await source.token()
    const renewals = spans().filter(({ name }) => name === 'evergrant.renewal')
    expect(renewals.map(({ attributes }) => attributes)).toMatchObject([
      {
        'evergrant.renewal.reason': 'first',
        'evergrant.renewal.guarded': true,
        'evergrant.token.generation': 1,
      },
      {
        'evergrant.renewal.reason': 'rejected',
        'evergrant.renewal.outcome': 'succeeded',
        'evergrant.token.life': 3_600,
      },
    ])
    expect(renewals[0]?.kind).toBe(SpanKind.INTERNAL)
    expect(renewals[0]?.startTime).toEqual([startedAt / 1_000, 0])
  })

  it('that fail are spans with an error', async () => {
    const { source, spans, transport } = bench()
    transport.expect(jsonResponse({ error: 'invalid_client', error_description: 'SECRET' }, 401))
    await failing(source.token())
    expect(spans()).toMatchObject([
      { name: 'POST', attributes: { 'http.response.status_code': 401, 'error.type': '401' } },
      {
        name: 'evergrant.renewal',
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'evergrant.renewal.outcome': 'failed', 'error.type': 'invalid_client' },
      },
    ])
  })

  it('that come to nothing are ended when the next one begins, and at the end', () => {
    const { telemetry, spans } = bench()
    const origin = { provider: 'test', grant: 'g' }
    const started = { ...origin, type: 'renewal.started', fence: 1, reason: 'due', guarded: true } as const
    telemetry.record({ ...started, at: 1_000 })
    telemetry.record({ ...started, at: 2_000 })
    telemetry.record({ ...origin, at: 3_000, type: 'grant.dropped' })
    telemetry.record({ ...started, at: 4_000 })
    telemetry.record({ ...origin, at: 5_000, type: 'renewal.overtaken', fence: 1 })
    telemetry.record({ ...started, at: 6_000 })
    telemetry.end()
    const outcomes = spans().map(({ attributes }) => attributes['evergrant.renewal.outcome'])
    expect(outcomes).toEqual(['overtaken', 'overtaken', 'overtaken', undefined])
    expect(spans()[0]?.endTime).toEqual([2, 0])
  })

  it('have their token request as a client span, without query', async () => {
    const { source, spans } = bench()
    await source.token()
    const [request] = spans()
    expect(request).toMatchObject({
      name: 'POST',
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'server.address': 'as.example',
        'server.port': 443,
        'url.full': 'https://as.example/token',
      },
    })
    expect(request?.status.code).toBe(SpanStatusCode.UNSET)
  })

  it('say of a request that was not answered whether it may have arrived', async () => {
    const { source, spans, transport } = bench()
    transport.expect(new TransportError(fail('tls_failed'), 'not_sent'))
    await failing(source.token())
    expect(spans()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'tls_failed', 'evergrant.delivery': 'not_sent' },
    })
  })
})

describe('a token', () => {
  it('has a remaining life, and none when it is rejected', async () => {
    const { source, clock, read } = bench()
    expect(await read('evergrant.token.remaining_life')).toEqual([])
    const token = await source.token()
    clock.jump(600_000)
    expect(await read('evergrant.token.remaining_life')).toMatchObject([{ value: 3_000 }])
    source.reject(token)
    expect(await read('evergrant.token.remaining_life')).toMatchObject([{ value: 0 }])
    await source.drop()
    expect(await read('evergrant.token.remaining_life')).toMatchObject([{ value: 0 }])
    expect(await read('evergrant.token.rejections')).toMatchObject([
      { attributes: { 'evergrant.token.fresh': false }, value: 1 },
    ])
  })

  it('that never ends has no number', async () => {
    const { source, read } = bench()
    await source.receive({ accessToken: 'SECRET-forever', expiresAt: Number.POSITIVE_INFINITY })
    expect(await read('evergrant.token.remaining_life')).toEqual([])
  })
})

describe('the circuit of the token endpoint', () => {
  it('is in one state at a time', async () => {
    const { source, transport, read } = bench()
    await source.token()
    const states = async () =>
      Object.fromEntries(
        (await read('evergrant.circuit.state')).map(({ attributes, value }) => [
          attributes['evergrant.circuit.state'],
          value,
        ]),
      )
    expect(await states()).toEqual({ closed: 1, open: 0, probe: 0 })
    source.reject(await source.token())
    transport.expect(jsonResponse({ error: 'invalid_client' }, 401))
    await failing(source.token())
    expect(await states()).toEqual({ closed: 0, open: 1, probe: 0 })
  })
})

describe('without grants', () => {
  it('metrics have no name in them, and the shortest life counts', async () => {
    const { source, telemetry, clock, read } = bench({ perGrant: false })
    await source.token()
    clock.jump(1_000)
    const explanation = source.explain()
    if (explanation?.token === undefined) throw new Error('no token')
    const { at, token } = explanation
    const other = { ...explanation, token: { ...token, expiresAt: at + 5_000 } }
    telemetry.observe({
      explain: () => other,
      on(listener) {
        listener({ at, provider: 'test', grant: 'another', type: 'grant.received', generation: 1 })
        return () => undefined
      },
    })
    expect(await read('evergrant.token.remaining_life')).toEqual([
      { attributes: { 'evergrant.provider': 'test' }, value: 5 },
    ])
    expect(JSON.stringify(await read('evergrant.renewals'))).not.toContain('evergrant.grant')
    expect(await read('evergrant.circuit.state')).toEqual([])
  })
})

describe('what is not observed any more', () => {
  it('is not recorded', async () => {
    const { source, telemetry, read, spans } = bench()
    await source.token()
    telemetry.end()
    source.reject(await source.token())
    await source.token()
    expect(await read('evergrant.renewals')).toMatchObject([{ value: 1 }])
    expect(await read('evergrant.token.remaining_life')).toEqual([])
    expect(spans().filter(({ name }) => name === 'evergrant.renewal')).toHaveLength(1)
  })

  it('can be one source of several', async () => {
    const { source, telemetry, read } = bench()
    const stop = telemetry.observe({ on: listener => source.on(listener), explain: () => source.explain() })
    await source.token()
    stop()
    source.reject(await source.token())
    await source.token()
    // Both have told of the first, one of the second.
    expect((await read('evergrant.renewals')).map(({ value }) => value)).toEqual([2, 1])
  })
})
