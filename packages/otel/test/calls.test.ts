import { type CallEvent, fail, type GuardEvent, type LimiterEvent } from '@evergrant/core'
import { authorizedFetch, bearerApi, callGuard } from '@evergrant/runtime/calls'
import { describe, expect, it } from 'vitest'
import { bench } from './support/bench.ts'

const CALL = { at: 0, server: 'api', method: 'GET', hostname: 'api.example', pathname: '/a' } as const

describe('calls', () => {
  it('are timed, by server and status', async () => {
    const { telemetry, read } = bench()
    const ended: CallEvent = { ...CALL, type: 'call.ended', status: 200, attempts: 1, tookMs: 20 }
    telemetry.record(ended)
    telemetry.record(ended)
    telemetry.record({ ...ended, status: 503 })
    telemetry.record({ ...ended, status: undefined, failure: fail('rate_limited'), method: 'BREW' })
    const about = { 'evergrant.server': 'api', 'server.address': 'api.example' }
    expect(await read('evergrant.call.duration')).toEqual([
      {
        attributes: { ...about, 'http.request.method': 'GET', 'http.response.status_code': 200 },
        value: 0.04,
        count: 2,
      },
      {
        attributes: {
          ...about,
          'http.request.method': 'GET',
          'http.response.status_code': 503,
          'error.type': '503',
        },
        value: 0.02,
        count: 1,
      },
      {
        attributes: { ...about, 'http.request.method': '_OTHER', 'error.type': 'rate_limited' },
        value: 0.02,
        count: 1,
      },
    ])
  })

  it('that are made again are counted, with the reason', async () => {
    const { telemetry, read } = bench()
    telemetry.record({ ...CALL, type: 'call.renewed', code: '110' })
    telemetry.record({ ...CALL, type: 'call.paused', code: '18', pauseMs: 1_000 })
    expect(await read('evergrant.call.retries')).toMatchObject([
      { attributes: { 'evergrant.call.retry': 'renewed', 'error.type': '110' }, value: 1 },
      { attributes: { 'evergrant.call.retry': 'paused', 'error.type': '18' }, value: 1 },
    ])
  })

  it.each([
    ['24.5c1bc8f1e1b0f1a2b3c4d5e6f7a8b9c0.2592000.1700000000.282335-1234'],
    ['bce-v3/ALTAK-abc/0123456789abcdef0123456789abcdef01234567'],
    ['0123456789abcdef'],
    ['‹redacted›'],
    ['x'.repeat(60)],
    ['123456789'],
    [''],
  ])('do not repeat what a server calls a code, and is none: %s', async code => {
    const { telemetry, read } = bench()
    telemetry.record({ ...CALL, type: 'call.renewed', code })
    expect(await read('evergrant.call.retries')).toMatchObject([{ attributes: { 'error.type': '_OTHER' } }])
  })

  it.each(['110', '282000', 'invalid_client', 'IamSignatureInvalid', 'http_429'])(
    'name the code %s',
    async code => {
      const { telemetry, read } = bench()
      telemetry.record({ ...CALL, type: 'call.renewed', code })
      expect(await read('evergrant.call.retries')).toMatchObject([{ attributes: { 'error.type': code } }])
    },
  )
})

describe('guards and limiters', () => {
  it('are counted and timed', async () => {
    const { telemetry, read } = bench()
    const guard = { at: 0, api: 'ocr' }
    const told: (GuardEvent | LimiterEvent)[] = [
      { ...guard, type: 'limit.waited', waitedMs: 1_500 },
      { ...guard, type: 'limit.refused', retryAfterMs: 10 },
      { ...guard, type: 'limit.exceeded', pauseMs: 10 },
      { ...guard, type: 'circuit.closed' },
      { at: 0, type: 'limiter.unreachable', instead: 'local' },
      { at: 0, type: 'limiter.recovered' },
    ]
    for (const event of told) telemetry.record(event)
    const attributes = { 'evergrant.api': 'ocr' }
    expect(await read('evergrant.limiter.wait')).toEqual([{ attributes, value: 1.5, count: 1 }])
    expect(await read('evergrant.limiter.refusals')).toEqual([{ attributes, value: 1 }])
    expect(await read('evergrant.limiter.exceeded')).toEqual([{ attributes, value: 1 }])
    expect(await read('evergrant.limiter.outages')).toEqual([{ attributes: {}, value: 1 }])
  })

  it('show the circuits of APIs that were in trouble, and when it is over', async () => {
    const { source, clock, telemetry, read } = bench()
    const guard = callGuard({
      clock,
      circuit: { failuresMax: 1 },
      apiOf: () => 'ocr',
      onEvent: telemetry.record,
    })
    const stop = telemetry.observeGuard(guard)
    let status = 503
    const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
      clock,
      guard,
      onEvent: telemetry.record,
      limits: { attemptsMax: 1 },
      fetch: async () => new Response('', { status }),
    })
    const ofApi = async () =>
      (await read('evergrant.circuit.state'))
        .filter(({ attributes }) => attributes['evergrant.api'] === 'ocr')
        .map(({ attributes, value }) => `${attributes['evergrant.circuit.state']} ${value}`)
    await call('https://api.example/a')
    expect(await ofApi()).toEqual(['closed 0', 'open 1', 'probe 0'])
    status = 200
    clock.jump(60_000)
    await call('https://api.example/a')
    expect(await ofApi()).toEqual(['closed 1', 'open 0', 'probe 0'])
    stop()
  })

  it('tell of anomalies', async () => {
    const { telemetry, read } = bench()
    telemetry.record({
      at: 0,
      key: 'abc',
      times: 1,
      type: 'anomaly.limit_exceeded',
      api: 'ocr',
      refusals: 11,
      withinMs: 10,
    })
    expect(await read('evergrant.anomalies')).toEqual([
      { attributes: { 'evergrant.anomaly.type': 'limit_exceeded', 'evergrant.grant': 'abc' }, value: 1 },
    ])
  })
})
