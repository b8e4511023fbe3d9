import { EvergrantError, fail, type GuardEvent } from '@evergrant/core'
import type { ApiFailure, CallLimiter } from '@evergrant/core/calls'
import { virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { authorizedFetch, bearerApi, callGuard } from '../../src/calls.ts'
import { failureOf, rig } from '../support/rig.ts'

const TARGET = { hostname: 'api.example', pathname: '/x' }
const CIRCUIT = { failuresMax: 3, openMs: 1_000, openMsMax: 4_000 }

function failure(about: ApiFailure['about'], more: Partial<ApiFailure> = {}): ApiFailure {
  return { ...fail('rate_limited'), about, plain: true, ...more }
}

/** A guard whose circuit opens after three failures, on a clock that stands still. */
function subject(limiter?: CallLimiter) {
  const clock = virtualClock()
  const events: GuardEvent[] = []
  const guard = callGuard({
    circuit: CIRCUIT,
    clock,
    onEvent: event => events.push(event),
    ...(limiter && { limiter }),
  })
  return { guard, clock, events }
}

describe('a guard', () => {
  it('refuses numbers that are none', () => {
    expect(() => callGuard({ waitMsMax: Number.NaN })).toThrow('waitMsMax is NaN')
    expect(() => callGuard({ apisMax: 0 })).toThrow('apisMax is 0')
    expect(() => callGuard({ circuit: { openMs: Number.NaN } })).toThrow('openMs is NaN')
  })

  it('lets calls pass at once while an API answers, and remembers nothing about it', () => {
    const { guard } = subject()
    expect(guard.enter(TARGET)).toBeUndefined()
    guard.leave(TARGET, 'answered')
    guard.leave(TARGET, failure('request'))
    guard.leave(TARGET, failure('token'))
    expect(guard.explain()).toEqual([])
  })

  it('lets calls fail at once when an API has failed several times in a row, until a probe succeeds', () => {
    const { guard, clock, events } = subject()
    for (const end of [failure('server'), 'lost', failure('server')] as const) guard.leave(TARGET, end)
    expect(() => guard.enter(TARGET)).toThrow(EvergrantError)
    expect(() => guard.enter(TARGET)).toThrow(/left alone/)
    expect(guard.explain()).toMatchObject([{ api: 'api.example/x', circuit: { state: 'open', failures: 3 } }])
    expect(guard.enter({ ...TARGET, pathname: '/y' })).toBeUndefined()
    clock.jump(1_000)
    expect(guard.enter(TARGET)).toBeUndefined()
    expect(guard.explain()[0]?.circuit.state).toBe('probe')
    expect(() => guard.enter(TARGET)).toThrow()
    guard.leave(TARGET, 'answered')
    expect(guard.enter(TARGET)).toBeUndefined()
    expect(events.map(({ type }) => type)).toEqual(['circuit.opened', 'circuit.probing', 'circuit.closed'])
  })

  it('does not count limits, rejected tokens and wrong requests against an API', () => {
    const { guard } = subject()
    for (let i = 0; i < 10; i++) {
      for (const about of ['limit', 'token', 'request'] as const) guard.leave(TARGET, failure(about))
    }
    expect(guard.enter(TARGET)).toBeUndefined()
  })

  it('waits for its limiter, and tells it when the API says that this was too fast', async () => {
    const seen: unknown[] = []
    const { guard, events } = subject({
      admit: async (key, options) => {
        seen.push(['admit', key, options])
      },
      slowDown: (key, ms) => {
        seen.push(['slowDown', key, ms])
      },
    })
    await guard.enter(TARGET)
    guard.leave(TARGET, failure('limit', { retryAfterMs: 7_000 }))
    guard.leave(TARGET, failure('limit'))
    expect(seen).toEqual([
      ['admit', 'api.example/x', { waitMsMax: 10_000 }],
      ['slowDown', 'api.example/x', 7_000],
      ['slowDown', 'api.example/x', 1_000],
    ])
    expect(events).toMatchObject([{ type: 'limit.exceeded', pauseMs: 7_000 }, { pauseMs: 1_000 }])
  })

  it('tells how long a call waited for its turn, and when it was turned away', async () => {
    const { guard, clock, events } = subject({
      admit: async () => {
        clock.jump(250)
        if (events.length > 0) throw new EvergrantError(fail('rate_limited', { retryAfterMs: 700 }))
      },
      slowDown: () => undefined,
    })
    await guard.enter(TARGET)
    await failureOf(Promise.resolve(guard.enter(TARGET)))
    expect(events).toMatchObject([
      { type: 'limit.waited', api: 'api.example/x', waitedMs: 250 },
      { type: 'limit.refused', api: 'api.example/x', retryAfterMs: 700 },
    ])
  })

  it('tells nothing of a call that had no need to wait, or whose caller has left', async () => {
    let broken = false
    const { guard, clock, events } = subject({
      admit: async () => {
        clock.jump(9)
        if (broken) throw new EvergrantError(fail('aborted'))
      },
      slowDown: () => undefined,
    })
    await guard.enter(TARGET)
    broken = true
    await failureOf(Promise.resolve(guard.enter(TARGET)))
    expect(events).toEqual([])
  })

  it('takes no turn for a call to an API that is down', () => {
    let turns = 0
    const { guard } = subject({
      admit: async () => {
        turns += 1
      },
      slowDown: () => undefined,
    })
    for (let i = 0; i < 3; i++) guard.leave(TARGET, 'lost')
    expect(() => guard.enter(TARGET)).toThrow(/left alone/)
    expect(turns).toBe(0)
  })

  it('forgets the API that was called longest ago when there are too many', () => {
    const guard = callGuard({ circuit: CIRCUIT, apisMax: 2, clock: virtualClock() })
    for (const pathname of ['/a', '/b', '/c']) guard.leave({ ...TARGET, pathname }, 'lost')
    expect(guard.explain().map(({ api }) => api)).toEqual(['api.example/b', 'api.example/c'])
  })

  it('can do without a circuit', () => {
    const guard = callGuard({ circuit: false })
    for (let i = 0; i < 100; i++) guard.leave(TARGET, 'lost')
    expect(guard.enter(TARGET)).toBeUndefined()
  })
})

describe('guarded calls', () => {
  it('of callers who leave, or give what cannot be sent, count neither for the API nor against it', async () => {
    const { source } = rig()
    const { guard } = subject()
    const answers: (() => Promise<Response>)[] = []
    const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
      guard,
      fetch: () => answers.shift()?.() ?? Promise.reject(new Error('nobody is to be asked')),
    })
    const url = 'https://api.example/x'
    const failures = () => guard.explain()[0]?.circuit.failures ?? 0
    const lost = Object.assign(new TypeError('fetch failed'), { cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } })
    answers.push(() => Promise.reject(lost))
    await expect(call(url)).rejects.toThrow(TypeError)
    expect(failures()).toBe(1)
    const unsent = Object.assign(new TypeError('fetch failed'), { cause: { code: 'UND_ERR_INVALID_ARG' } })
    const broken = Object.assign(new TypeError('fetch failed'), { cause: new Error('the file is gone') })
    const refused = new TypeError('Request with GET/HEAD method cannot have body.')
    for (const error of [unsent, broken, refused]) {
      answers.push(() => Promise.reject(error))
      await expect(call(url)).rejects.toThrow(TypeError)
    }
    const leaving = new AbortController()
    answers.push(() => {
      leaving.abort()
      return Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
    })
    await expect(call(url, { signal: leaving.signal })).rejects.toThrow()
    expect(failures()).toBe(1)
    answers.push(() => Promise.reject(new DOMException('too late', 'TimeoutError')))
    await expect(call(url)).rejects.toThrow('too late')
    expect(failures()).toBe(2)
  })

  it('that find no token leave a circuit as it is, and the next one is the probe', async () => {
    const { source, transport } = rig()
    const { guard, clock, events } = subject()
    for (let i = 0; i < 3; i++) guard.leave(TARGET, 'lost')
    clock.jump(1_000)
    const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
      guard,
      fetch: () => Promise.resolve(new Response('{}')),
    })
    transport.expect({ status: 401, headers: [], body: '{"error":"invalid_client"}' })
    expect(await failureOf(call('https://api.example/x'))).toMatchObject({ code: 'invalid_client' })
    expect(guard.explain()[0]?.circuit).toMatchObject({ state: 'open', failures: 3 })
    expect(events.map(({ type }) => type)).toEqual(['circuit.opened', 'circuit.probing'])
    expect(guard.enter(TARGET)).toBeUndefined()
    guard.leave(TARGET, 'answered')
    expect(guard.explain()).toEqual([])
  })

  it('fail at once while the API is down, and neither a missing token nor an abort counts against it', async () => {
    const { source, transport } = rig()
    const { guard } = subject()
    let sent = 0
    const call = authorizedFetch(source, bearerApi({ origins: ['https://api.example'] }), {
      guard,
      random: () => 0,
      fetch: () => {
        sent += 1
        return Promise.reject(new TypeError('fetch failed'))
      },
    })
    transport.expect({ status: 401, headers: [], body: '{"error":"invalid_client"}' })
    for (let i = 0; i < 5; i++) await failureOf(call('https://api.example/x'))
    expect(sent).toBe(0)
    const { source: good } = rig()
    const working = authorizedFetch(good, bearerApi({ origins: ['https://api.example'] }), {
      guard,
      fetch: () => {
        sent += 1
        return Promise.reject(new TypeError('fetch failed'))
      },
    })
    for (let i = 0; i < 3; i++) await expect(working('https://api.example/x')).rejects.toThrow(TypeError)
    expect(await failureOf(working('https://api.example/x'))).toMatchObject({ code: 'circuit_open' })
    expect(sent).toBe(3)
  })
})
