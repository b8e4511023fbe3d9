import { describe, expect, it } from 'vitest'
import { refusal } from '../support/fake-server.ts'
import { presentations, renewing } from '../support/renewing.ts'
import { pass, Session, USER, world } from '../support/session.ts'

describe('a server that tolerates repetition for a while', () => {
  it('is presented the token again by the same process', () => {
    const { session, waiter } = renewing({ replayWindowMs: 30_000 })
    session.world.server.graceMs = 30_000
    session.failTransport('unknown', true)
    session.run()
    pass(5_000, session)
    expect(session.token(waiter)).toBe('access-SECRET-6')
  })

  it('is presented the token again by the heir, within the window only', () => {
    const { session } = renewing({ replayWindowMs: 30_000 })
    session.world.server.graceMs = 30_000
    session.world.server.handle(session.request(), session.world.now)
    const heir = new Session(session.world, { identity: USER, replayWindowMs: 30_000 })
    const waiter = heir.ask()
    heir.run()
    pass(29_000, heir)
    expect(heir.token(waiter)).toBe('access-SECRET-6')

    const { session: dead } = renewing({ replayWindowMs: 30_000 })
    const late = new Session(dead.world, { identity: USER, replayWindowMs: 30_000 })
    dead.world.now += 31_000
    const theirs = late.ask()
    late.run()
    expect(late.failure(theirs).code).toBe('response_lost')
  })

  it('is presented the token again by the heir of the very first request, whom the store has told no time', () => {
    for (const [passedMs, succeeds] of [
      [28_000, true],
      [31_000, false],
    ] as const) {
      const subject = world()
      const policy = {
        identity: USER,
        seedRefreshToken: subject.server.authorize(),
        replayWindowMs: 30_000,
      }
      const first = new Session(subject, policy)
      subject.server.graceMs = 30_000
      first.ask()
      first.answer()
      first.answer()
      expect(subject.store.history.at(-1)).toContain('"clock":"writer"')
      subject.server.handle(first.request(), subject.now)
      const heir = new Session(subject, policy)
      heir.skewMs = 200_000
      subject.now += passedMs
      const waiter = heir.ask()
      heir.run()
      if (succeeds) expect(heir.token(waiter)).toMatch(/^access-SECRET/)
      else expect(heir.failure(waiter).code).toBe('response_lost')
      expect(presentations(first)).toEqual([succeeds ? 2 : 1])
    }
  })

  it('counts the window from the first presentation', () => {
    const { session } = renewing({ replayWindowMs: 30_000 })
    for (let i = 0; i < 4; i++) {
      if (session.operation?.type !== 'request') break
      session.failTransport('unknown')
      session.run()
      session.world.now += 12_000
      session.ask()
      session.answer()
    }
    expect(session.state.trouble?.failure.code).toBe('response_lost')
  })
})

describe('a grant whose holder died with the answer', () => {
  it('begins anew with a newly configured refresh token once the lease is over, and not before', () => {
    const { session } = renewing()
    session.world.server.handle(session.request(), session.world.now)
    const renewed = new Session(session.world, {
      identity: USER,
      seedRefreshToken: session.world.server.authorize(),
    })
    const waiter = renewed.ask()
    renewed.run()
    expect(renewed.outcome(waiter)).toBeUndefined()
    pass(renewed.policy.leaseMs, renewed)
    expect(renewed.token(waiter)).toMatch(/^access/)
    expect(presentations(session)).toEqual([1, 1, 1])
  })

  it('begins anew only once, and says what was lost when that answer is lost, too', () => {
    for (const [replayWindowMs, outcome] of [
      [0, 'response_lost'],
      [30_000, 'token'],
    ] as const) {
      const { session } = renewing()
      session.world.server.graceMs = 30_000
      session.respond(refusal('invalid_grant'))
      session.run()
      const policy = {
        identity: USER,
        replayWindowMs,
        seedRefreshToken: session.world.server.authorize(),
      }
      const renewed = new Session(session.world, policy)
      renewed.ask()
      renewed.answer()
      renewed.answer()
      session.world.server.handle(renewed.request(), session.world.now)
      const heir = new Session(session.world, policy)
      const waiter = heir.ask()
      heir.run()
      pass(heir.policy.leaseMs, heir)
      if (outcome === 'token') expect(heir.token(waiter)).toMatch(/^access/)
      else expect(heir.failure(waiter).code).toBe('response_lost')
    }
  })

  it('goes on with its own refresh token while it may be repeated, whatever is configured', () => {
    const { session } = renewing({ replayWindowMs: 30_000 })
    session.world.server.graceMs = 30_000
    session.world.server.handle(session.request(), session.world.now)
    const renewed = new Session(session.world, {
      identity: USER,
      replayWindowMs: 30_000,
      seedRefreshToken: session.world.server.authorize(),
    })
    const waiter = renewed.ask()
    renewed.run()
    pass(renewed.policy.leaseMs, renewed)
    expect(renewed.token(waiter)).toMatch(/^access/)
    expect(presentations(session)).toEqual([1, 2])
  })
})
