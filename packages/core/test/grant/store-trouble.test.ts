import { describe, expect, it } from 'vitest'
import { json } from '../support/fake-server.ts'
import { pass, Session, USER, world } from '../support/session.ts'

const HOUR = 3_600_000

describe('while the store cannot be reached', () => {
  it('a usable token is served', () => {
    const session = new Session(world())
    session.ask()
    session.run()
    session.world.now += HOUR - 60_000
    const waiter = session.ask()
    session.failStore()
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.token(session.ask())).toBe('access-SECRET-1')
  })

  it('client credentials are renewed without its protection, and say so', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.failStore()
    expect(session.phase).toBe('refreshing')
    session.answer()
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.reports).toContainEqual(
      expect.objectContaining({ type: 'renewal.succeeded', guarded: false }),
    )
    expect(session.reports).toContainEqual({ type: 'store.failed', attempts: 1 })
  })

  it('they are not where another request ends the tokens of the others', () => {
    const session = new Session(world(), { reissue: 'replaces' })
    for (let second = 0; second < 30; second++) {
      session.ask({ timeoutMs: 1 })
      for (let step = 0; session.operation !== undefined && step < 10; step++) {
        expect(session.operation.type).not.toBe('request')
        session.failStore()
      }
      session.world.now += 1_000
    }
    expect(session.world.server.requests).toBe(0)
    expect(session.reports).toContainEqual({ type: 'store.failed', attempts: 1 })
  })

  it('they are not renewed more often than the cap allows', () => {
    const session = new Session(world())
    let served = 0
    for (let second = 0; second < 30; second++) {
      const waiter = session.ask({ timeoutMs: 1 })
      for (let step = 0; session.operation !== undefined && step < 10; step++) {
        if (session.operation.type === 'request') session.answer()
        else session.failStore()
      }
      if (session.outcome(waiter)?.ok) served++
      session.world.now += 1_000
      session.reject()
    }
    expect(session.world.server.requests).toBeLessThanOrEqual(3)
    expect(served).toBeGreaterThan(0)
  })

  it('in the background they wait for the second half of the window', () => {
    const session = new Session(world(), { renewSpread: 0 })
    session.ask()
    session.run()
    session.world.now += HOUR - 290_000
    session.ask()
    session.failStore()
    expect(session.operation).toBeUndefined()
    session.world.now += 200_000
    session.ask()
    session.failStore()
    expect(session.operation?.type).toBe('request')
  })

  it('a single-use refresh token is not spent, and the callers are told why', () => {
    const subject = world()
    const session = new Session(subject, { identity: USER, seedRefreshToken: subject.server.authorize() })
    const waiter = session.ask()
    for (let i = 0; i < 3; i++) {
      session.failStore()
      session.world.now = session.wakeAt ?? session.world.now
      if (session.outcome(waiter) === undefined) session.dispatch({ type: 'timer.fired' })
    }
    expect(session.failure(waiter)).toMatchObject({ kind: 'retry', code: 'store_unreachable' })
    expect(subject.server.requests).toBe(0)
  })

  it('a lease that may or may not have been written is not used, and its token not taken for spent', () => {
    const subject = world()
    const session = new Session(subject, { identity: USER, seedRefreshToken: subject.server.authorize() })
    const waiter = session.ask()
    session.answer()
    session.failStore(true)
    pass(2_000, session)
    expect(session.token(waiter)).toMatch(/^access/)
  })

  it('a transient failure of the token endpoint is sat out for a while', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.failStore()
    session.respond(json(503, {}))
    expect(session.outcome(waiter)).toBeUndefined()
    pass(20_000, session)
    expect(session.token(waiter)).toMatch(/^access/)
  })

  it('a failure of the token endpoint is still remembered', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.failStore()
    session.respond(json(401, { error: 'invalid_client' }))
    expect(session.failure(waiter).code).toBe('invalid_client')
    expect(session.failure(session.ask()).code).toBe('invalid_client')
    expect(session.operation).toBeUndefined()
  })
})

describe('when the store comes back', () => {
  it('tokens that were won without it are stored, or give way to fresh ones', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    for (const session of [first, second]) {
      session.ask()
      session.failStore()
      session.answer()
      session.failStore()
    }
    pass(10_000, first, second)
    expect(subject.server.requests).toBe(2)
    expect(second.token(second.ask())).toBe(first.token(first.ask()))
    expect(first.reports).toContainEqual({ type: 'store.recovered' })
  })

  it('tokens that were won without it replace ones that are not fresh', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    subject.now += HOUR
    second.ask()
    second.failStore()
    second.answer()
    second.failStore()
    pass(10_000, second)
    first.dispatch({ type: 'record.changed' })
    first.run()
    expect(first.token(first.ask())).toBe('access-SECRET-2')
  })

  it('a lost answer to a write is recognised', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.answer()
    session.failStore(true)
    session.answer()
    session.failStore(true)
    pass(10_000, session)
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.world.server.requests).toBe(1)
  })

  it('our own lease, whose answer was lost, is used', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    const lease = session.take() as Extract<ReturnType<Session['take']>, { type: 'write' }>
    session.world.store.write(lease.change, session.world.now)
    session.operation = lease
    session.answer()
    expect(session.phase).toBe('refreshing')
  })
})

describe('a rotated refresh token that the store refuses', () => {
  function unsaved(): { session: Session; waiter: number } {
    const subject = world()
    const session = new Session(subject, { identity: USER, seedRefreshToken: subject.server.authorize() })
    const waiter = session.ask()
    session.answer()
    session.answer()
    session.answer()
    session.failStore()
    return { session, waiter }
  }

  it('holds its access token back for a while, then serves it loudly and goes on trying', () => {
    const { session, waiter } = unsaved()
    const end = session.world.now + session.policy.commitBudgetMs
    while (session.world.now < end) {
      expect(session.outcome(waiter)).toBeUndefined()
      session.world.now = session.wakeAt ?? end
      session.dispatch({ type: 'timer.fired' })
      if (session.operation !== undefined) session.failStore()
    }
    expect(session.token(waiter)).toMatch(/^access/)
    expect(session.reports).toContainEqual({ type: 'commit.late', generation: 1 })
    pass(10_000, session)
    expect(session.state.stamp?.saved).toBe(true)
    expect(session.phase).toBe('held')
  })

  it('is tried again by itself, though nobody waits', () => {
    const { session, waiter } = unsaved()
    session.dispatch({ type: 'token.abandoned', waiter })
    pass(10_000, session)
    expect(session.state.stamp).toMatchObject({ generation: 1, saved: true })
  })

  it('is not spent before it could be saved', () => {
    const { session } = unsaved()
    for (let i = 0; i < 40; i++) {
      session.world.now += 120_000
      session.ask({ timeoutMs: 1 })
      session.dispatch({ type: 'timer.fired' })
      if (session.operation?.type === 'write') session.failStore()
    }
    expect(session.world.server.requests).toBe(1)
    expect(session.operation?.type).not.toBe('request')
  })
})

describe('a store that has lost everything', () => {
  it('is given back what a process still holds, without a renewal', () => {
    const subject = world()
    const session = new Session(subject)
    session.ask()
    session.run()
    subject.store.flush()
    session.dispatch({ type: 'record.changed' })
    session.run()
    const cold = new Session(subject)
    const waiter = cold.ask()
    cold.run()
    expect(cold.token(waiter)).toBe('access-SECRET-1')
    expect(subject.server.requests).toBe(1)
  })

  it('does not make the numbers of leases start again', () => {
    const subject = world()
    const session = new Session(subject)
    for (let i = 0; i < 5; i++) {
      session.ask()
      session.run()
      subject.now += HOUR
    }
    subject.store.flush()
    session.ask()
    session.run()
    expect(session.state.stamp?.generation).toBeGreaterThan(5)
  })

  it('is not written to by a follower', () => {
    const subject = world()
    new Session(subject).ask()
    const renewer = new Session(subject)
    renewer.ask()
    renewer.run()
    const follower = new Session(subject, { role: 'follower' })
    follower.ask()
    follower.run()
    subject.store.flush()
    follower.dispatch({ type: 'record.changed' })
    follower.run()
    expect(subject.store.read(0)).toBeUndefined()
    expect(follower.token(follower.ask())).toBe('access-SECRET-1')
  })
})

describe('a commit whose answer was lost', () => {
  it('is recognised as applied when it is tried again', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.answer()
    session.answer()
    session.answer()
    session.failStore(true)
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.state.stamp?.saved).toBe(false)
    pass(10_000, session)
    expect(session.state.stamp?.saved).toBe(true)
    expect(session.world.store.history).toHaveLength(2)
  })

  it('is not mistaken for that of another generation, nor of a lease', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    session.respond(json(503, {}, [['retry-after', '9']]))
    session.failStore()
    expect(session.phase).toBe('held')
    pass(20_000, session)
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })
})

describe('what was won without the store', () => {
  it('gets a number above what the store has shown meanwhile', () => {
    const subject = world()
    const [cut, other] = [new Session(subject), new Session(subject)]
    cut.ask()
    cut.failStore()
    cut.answer()
    cut.failStore()
    for (let i = 0; i < 3; i++) {
      other.ask()
      other.run()
      subject.now += 3_600_000
    }
    cut.ask()
    for (let i = 0; i < 10 && cut.operation !== undefined; i++) cut.answer()
    expect(cut.state.stamp?.generation).toBeGreaterThan(3)
    expect(cut.state.stamp?.saved).toBe(true)
  })

  it('is written in its own clock first where the store’s was learned too early, then again', () => {
    const session = new Session(world())
    session.ask()
    session.run()
    session.world.now += 3_600_000
    const waiter = session.ask()
    session.failStore()
    session.answer()
    expect(session.token(waiter)).toBe('access-SECRET-2')
    pass(10_000, session)
    session.run()
    const clocks = session.world.store.history.map(value => JSON.parse(value).clock)
    expect(clocks.slice(-2)).toEqual(['writer', 'store'])
  })

  it('is written in the store’s clock as soon as that is known', () => {
    const session = new Session(world())
    session.ask()
    session.failStore()
    session.answer()
    session.failStore()
    pass(10_000, session)
    const [first, second] = session.world.store.history.map(value => JSON.parse(value).clock)
    expect([first, second]).toEqual(['writer', 'store'])
  })
})
