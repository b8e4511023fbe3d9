import { describe, expect, it } from 'vitest'
import { json } from '../support/fake-server.ts'
import { pass, Session, world } from '../support/session.ts'

function warmedUp(policy: ConstructorParameters<typeof Session>[1] = {}): Session {
  const session = new Session(world(), policy)
  session.ask()
  return session.run()
}

describe('a rejected token', () => {
  it('is renewed once, however many callers reject it and however late', () => {
    const session = warmedUp()
    const { fingerprint } = session.state.stamp as { fingerprint: string }
    for (let i = 0; i < 5; i++) session.reject(fingerprint)
    const waiters = [session.ask(), session.ask()]
    session.run()
    for (let i = 0; i < 5; i++) session.reject(fingerprint)
    expect(waiters.map(waiter => session.token(waiter))).toEqual(['access-SECRET-2', 'access-SECRET-2'])
    expect(session.world.server.requests).toBe(2)
    expect(session.reports.filter(report => report.type === 'token.rejected')).toHaveLength(1)
  })

  it('is not renewed before somebody wants a token, unless the grant is kept warm', () => {
    const session = warmedUp()
    session.reject()
    expect(session.operation).toBeUndefined()
    const warm = warmedUp({ keepWarm: true })
    warm.reject()
    expect(warm.operation).toBeDefined()
  })

  it('is not served by another process that learns of it', () => {
    const session = warmedUp()
    session.reject()
    session.ask()
    session.answer()
    const other = new Session(session.world)
    const waiter = other.ask()
    other.run()
    expect(other.outcome(waiter)).toBeUndefined()
    session.run()
    pass(1_000, other)
    expect(other.token(waiter)).toBe('access-SECRET-2')
  })

  it('is not served by a session that was told before it had read the record', () => {
    const session = warmedUp()
    const { fingerprint } = session.state.stamp as { fingerprint: string }
    const other = new Session(session.world)
    other.reject(fingerprint)
    const waiter = other.ask()
    other.run()
    expect(other.token(waiter)).toBe('access-SECRET-2')
    session.dispatch({ type: 'record.changed' })
    session.run()
    expect(session.state.stamp).toMatchObject({ generation: 2, rejected: false, replaces: 1 })
  })

  it('stays rejected for a process that hears of it after having served it', () => {
    const session = warmedUp()
    const other = new Session(session.world)
    other.ask()
    other.run()
    session.reject()
    session.ask()
    session.answer()
    session.respond(json(503, {}))
    session.run()
    other.dispatch({ type: 'record.changed' })
    other.run()
    expect(other.state.stamp?.rejected).toBe(true)
  })
})

describe('a token that a provider gives to several', () => {
  it('is rejected for all of them, whatever their numbers', () => {
    const session = warmedUp()
    const [first = ''] = session.world.store.history.slice(-1)
    session.reject()
    session.ask()
    session.run()
    const { fingerprint, tokens } = session.state.stamp as { fingerprint: string; tokens: object }
    const older = { ...JSON.parse(first), rejected: true }
    session.world.store.plant(JSON.stringify({ ...older, tokens }), session.world.now)
    session.dispatch({ type: 'record.changed' })
    session.answer()
    expect(session.state.stamp).toMatchObject({ generation: 2, fingerprint, rejected: true })
  })
})

describe('a renewed token that is rejected too', () => {
  it('is reported, and callers fail fast instead of looping', () => {
    const session = warmedUp()
    session.reject()
    session.ask()
    session.run()
    session.reject()
    const waiter = session.ask()
    expect(session.failure(waiter)).toMatchObject({
      kind: 'retry',
      code: 'token_rejected_again',
      retryAfterMs: 30_000,
    })
    expect(session.world.server.requests).toBe(2)
    expect(session.reports.filter(report => report.type === 'renewal.failed')).toHaveLength(1)
  })

  it('tells the callers who are waiting already', () => {
    const session = warmedUp()
    session.reject()
    session.ask()
    session.run()
    session.world.now += 40_000
    const waiter = session.ask({ minValidForMs: 3_590_000 })
    session.reject()
    expect(session.failure(waiter).code).toBe('token_rejected_again')
  })

  it('is tried again after the pause, which grows', () => {
    const session = warmedUp({ freshForMs: 1_000_000 })
    for (const pause of [0, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
      session.reject()
      session.world.now += pause
      const waiter = session.ask()
      session.run()
      expect(session.outcome(waiter)).toMatchObject({ ok: true })
    }
  })

  it('is a pause for the whole fleet, not a second', () => {
    const session = warmedUp()
    session.reject()
    session.ask()
    session.run()
    session.world.now += 10_000
    const again = { access_token: session.state.stamp?.tokens.accessToken, expires_in: 3_000 }
    session.reject()
    pass(session.policy.latchMs, session)
    session.ask()
    session.answer()
    session.respond(json(200, again))
    session.run()
    const other = new Session(session.world)
    other.ask()
    other.run()
    const { requests } = session.world.server
    pass(session.policy.latchMs, other)
    other.ask()
    other.run()
    expect(session.world.server.requests).toBe(requests)
  })

  it('does not cut short a pause that was noted before', () => {
    const session = warmedUp()
    session.reject()
    session.ask()
    session.run()
    session.world.now += 40_000
    session.ask({ minValidForMs: 3_590_000 })
    session.answer()
    session.respond(json(401, { error: 'invalid_client' }, [['retry-after', '100']]))
    session.run()
    session.reject()
    const { requests } = session.world.server
    pass(40_000, session)
    const waiter = session.ask()
    session.run()
    expect(session.failure(waiter).code).toBe('invalid_client')
    expect(session.world.server.requests).toBe(requests)
  })

  it('does not end the pause of a refused client when it is stored at last', () => {
    const session = new Session(world())
    const { store, server } = session.world
    session.ask()
    for (let i = 0; i < 3; i++) session.answer()
    session.failStore()
    session.reject()
    session.ask()
    const refused = json(401, { error: 'invalid_client' })
    session.respond(refused)
    store.flush()
    const other = new Session(session.world)
    other.ask()
    for (let i = 0; i < 2; i++) other.answer()
    other.respond(refused)
    other.run()
    const { requests } = server
    pass(10_000, session)
    expect(session.state.known?.record).toMatchObject({ writer: session.policy.holder, rejected: true })
    const waiter = session.ask()
    session.run()
    expect([session.failure(waiter).code, server.requests]).toEqual(['invalid_client', requests])
  })

  it('is an ordinary rejection when it has served for a while', () => {
    const session = warmedUp()
    for (let i = 0; i < 5; i++) {
      session.reject()
      const waiter = session.ask()
      session.run()
      expect(session.outcome(waiter)).toMatchObject({ ok: true })
      session.world.now += session.policy.freshForMs
    }
  })
})

describe('a server that answers with the rejected token again', () => {
  it('is not asked in a loop, and the token is not served', () => {
    const session = new Session(world())
    const give = () => {
      session.respond(json(200, { access_token: 'same', expires_in: 7200 }))
      session.run()
    }
    session.ask()
    session.answer()
    session.answer()
    give()
    session.reject()
    const waiter = session.ask()
    session.answer()
    give()
    expect(session.failure(waiter)).toMatchObject({ code: 'token_rejected_again' })
    expect(session.state.stamp?.rejected).toBe(true)
    const other = new Session(session.world)
    const theirs = other.ask({ timeoutMs: 100 })
    other.run()
    expect(other.outcome(theirs)).not.toMatchObject({ ok: true })
  })
})

describe('a rejection of something else', () => {
  it('changes nothing', () => {
    const session = warmedUp()
    session.reject('0123456789abcdef')
    expect(session.token(session.ask())).toBe('access-SECRET-1')
    const cold = new Session(world())
    cold.reject('0123456789abcdef')
    expect(cold.phase).toBe('unread')
  })
})
