import { describe, expect, it } from 'vitest'
import { json, refusal } from '../support/fake-server.ts'
import { pass, Session, world } from '../support/session.ts'

/** A session whose first request is outstanding. */
function asking(policy: ConstructorParameters<typeof Session>[1] = {}): { session: Session; waiter: number } {
  const session = new Session(world(), policy)
  const waiter = session.ask()
  session.answer()
  session.answer()
  return { session, waiter }
}

describe('a transient failure', () => {
  it('is tried again a few times while the callers wait', () => {
    const { session, waiter } = asking()
    session.respond(json(503, {}))
    session.run()
    expect(session.phase).toBe('waiting')
    pass(1_000, session)
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })

  it('fails fast from memory once that did not help, and says when to come back', () => {
    const { session, waiter } = asking()
    for (let attempt = 0; attempt < 3; attempt++) {
      session.respond(json(503, {}))
      if (attempt < 2) {
        session.answer()
        const wakeAt = session.wakeAt ?? 0
        session.world.now = wakeAt
        session.dispatch({ type: 'timer.fired' })
        session.answer()
      }
    }
    expect(session.failure(waiter)).toMatchObject({
      kind: 'retry',
      code: 'temporarily_unavailable',
      status: 503,
    })
    session.run()
    const { failure, until } = session.state.trouble ?? {}
    expect(failure?.code).toBe('temporarily_unavailable')
    session.world.now += 100
    expect(session.failure(session.ask()).retryAfterMs).toBe((until ?? 0) - session.now)
    expect(session.world.server.requests).toBe(0)
  })

  it('backs off exponentially, with chance, up to a bound', () => {
    const pauses = (roll: number) => {
      const { session } = asking()
      session.roll = roll
      const seen: number[] = []
      for (let attempt = 0; attempt < 12; attempt++) {
        session.failTransport('not_sent')
        session.run()
        seen.push((session.state.trouble?.until ?? 0) - session.now)
        session.world.now = session.state.trouble?.until ?? 0
        session.wakeAt = undefined
        session.ask({ timeoutMs: 1 })
        session.answer()
      }
      return seen
    }
    expect(pauses(0)).toEqual(Array(12).fill(250))
    expect(pauses(0.999_999).map(ms => Math.ceil(ms / 100) * 100)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000,
    ])
  })

  it('waits as long as the server asks for, within a bound', () => {
    const { session, waiter } = asking()
    session.respond(json(429, {}, [['retry-after', '120']]))
    session.run()
    expect(session.failure(waiter).retryAfterMs).toBe(120_000)
    const { session: other, waiter: another } = asking()
    other.respond(json(503, {}, [['retry-after', '999999']]))
    expect(other.failure(another).retryAfterMs).toBe(other.policy.retryAfterMsMax)
  })

  it('is shared: another process does not ask before the pause is over', () => {
    const { session } = asking()
    session.respond(json(503, {}, [['retry-after', '60']]))
    session.run()
    const other = new Session(session.world)
    const waiter = other.ask()
    other.run()
    expect(other.failure(waiter)).toMatchObject({ code: 'temporarily_unavailable', retryAfterMs: 60_000 })
    expect(session.world.server.requests).toBe(0)
  })

  it('of a foreign clock far ahead is believed no longer than it could have been given', () => {
    const { session } = asking()
    session.respond(json(503, {}, [['retry-after', '60']]))
    session.run()
    const other = new Session(session.world)
    other.skewMs = -3_000_000
    const waiter = other.ask()
    other.run()
    expect(other.failure(waiter).retryAfterMs).toBeLessThanOrEqual(60_000)
  })

  it('that another process has noted later counts, if its pause is longer', () => {
    const { session } = asking()
    session.respond(json(503, {}))
    session.run()
    pass(1_000, session)
    const other = new Session(session.world)
    session.reject()
    session.ask()
    session.answer()
    session.respond(json(503, {}, [['retry-after', '3']]))
    session.run()
    other.ask()
    other.run()
    session.world.now += 3_000
    other.ask()
    other.answer()
    other.respond(json(503, {}, [['retry-after', '50']]))
    other.run()
    session.ask({ timeoutMs: 1 })
    session.run()
    expect(session.failure(session.ask()).retryAfterMs).toBe(50_000)
  })

  it('is forgotten after a success', () => {
    const { session } = asking()
    session.failTransport('not_sent')
    session.run()
    pass(60_000, session)
    expect(session.state.trouble).toBeUndefined()
    expect(session.state.stamp).toBeDefined()
  })
})

describe('a terminal failure', () => {
  it('pauses for as long where its record was long on its way', () => {
    const { session } = asking()
    session.respond(refusal('invalid_client', 401))
    session.run()
    const until = session.state.trouble?.until ?? 0
    const paused = new Session(session.world)
    paused.ask()
    session.world.now += 20_000
    paused.run()
    expect(paused.state.trouble?.until).toBeGreaterThanOrEqual(until)
    expect(session.world.server.requests).toBe(0)
  })

  it('latches with its reason and is probed once per period by the whole fleet', () => {
    const { session, waiter } = asking()
    session.respond(refusal('invalid_client', 401))
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'configure', code: 'invalid_client', status: 401 })
    const other = new Session(session.world)
    for (let second = 0; second < 29; second++) {
      session.ask()
      other.ask()
      session.run()
      other.run()
      pass(1_000, session, other)
    }
    expect(session.world.server.requests).toBe(0)
    pass(1_000, session, other)
    session.ask()
    other.ask()
    session.answer()
    other.run()
    session.respond(refusal('invalid_client', 401))
    session.run()
    expect(session.state.trouble).toMatchObject({ attempts: 2, until: session.now + 60_000 })
  })

  it('pauses no longer than its bound', () => {
    const { session } = asking()
    for (let attempt = 0; attempt < 8; attempt++) {
      session.respond(refusal('unauthorized_client'))
      session.run()
      session.world.now = session.state.trouble?.until ?? 0
      session.ask()
      session.answer()
    }
    session.respond(refusal('unauthorized_client'))
    expect((session.state.trouble?.until ?? 0) - session.now).toBe(session.policy.latchMaxMs)
  })

  it('ends when a probe succeeds', () => {
    const { session } = asking()
    session.respond(refusal('invalid_scope'))
    session.run()
    session.world.now += session.policy.latchMs
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.state.trouble).toBeUndefined()
  })

  it('ends when somebody else succeeds, though nothing tells of it', () => {
    const { session } = asking()
    for (const waitMs of [session.policy.latchMs, 1]) {
      session.respond(refusal('invalid_client', 401))
      session.run()
      session.world.now += waitMs
      session.ask()
      if (waitMs > 1) session.answer()
    }
    session.world.store.flush()
    const other = new Session(session.world)
    other.ask()
    other.run()
    expect(session.failure(session.ask()).code).toBe('invalid_client')
    expect(session.operation).toBeUndefined()
    session.world.now += session.policy.recheckMs
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })

  it('is remembered without looking where nobody else could have succeeded', () => {
    const { session } = asking({ shared: false })
    session.respond(refusal('invalid_client', 401))
    session.run()
    session.world.now += session.policy.recheckMs
    expect(session.failure(session.ask()).code).toBe('invalid_client')
    expect(session.operation).toBeUndefined()
  })

  it('is told from memory while the store cannot say whether it has ended', () => {
    const { session } = asking()
    session.respond(refusal('invalid_client', 401))
    session.run()
    session.world.now += session.policy.recheckMs
    const waiter = session.ask()
    session.failStore()
    expect(session.failure(waiter).code).toBe('invalid_client')
    session.world.now += 2_000
    session.ask()
    expect(session.operation?.type).toBe('read')
  })

  it('is probed without being asked when the grant is kept warm', () => {
    const session = new Session(world(), { keepWarm: true })
    session.dispatch({ type: 'timer.fired' })
    session.answer()
    session.answer()
    session.respond(refusal('invalid_client', 401))
    session.run()
    pass(session.policy.latchMs, session)
    expect(session.state.stamp).toBeDefined()
  })
})

describe('an answer that no token endpoint gives', () => {
  it.each([
    ['an HTML page with 200', { status: 200, headers: [], body: '<!doctype html>' }, 'response_html'],
    ['nothing', { status: 200, headers: [], body: '' }, 'response_empty'],
    ['half an object', { status: 200, headers: [], body: '{"access_tok' }, 'response_not_json'],
    ['an empty object', json(200, {}), 'response_without_token'],
    ['a redirect', { status: 302, headers: [['location', 'http://x']], body: '' }, 'redirected'],
  ] as const)('%s is a failure of kind distrust and never a token', (_, response, code) => {
    const { session, waiter } = asking()
    session.respond(response)
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'distrust', code })
    expect(session.state.stamp).toBeUndefined()
  })
})

describe('callers', () => {
  it('are told when their time is up, while the work goes on', () => {
    const { session, waiter } = asking()
    pass(30_000, session)
    expect(session.failure(waiter)).toMatchObject({ kind: 'retry', code: 'call_timed_out' })
    session.run()
    expect(session.token(session.ask())).toBe('access-SECRET-1')
  })

  it('who leave get no reply, and take nobody with them', () => {
    const { session, waiter } = asking()
    const other = session.ask()
    session.dispatch({ type: 'token.abandoned', waiter })
    session.run()
    expect(session.outcome(waiter)).toBeUndefined()
    expect(session.token(other)).toBe('access-SECRET-1')
  })

  it('beyond the bound are turned away', () => {
    const { session } = asking({ waitersMax: 2 })
    session.ask()
    expect(session.failure(session.ask())).toMatchObject({ kind: 'retry', code: 'waiters_exhausted' })
  })
})
