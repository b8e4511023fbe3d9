import { describe, expect, it } from 'vitest'
import { json, refusal } from '../support/fake-server.ts'
import { pass, Session, USER, type World, world } from '../support/session.ts'

const HOUR = 3_600_000

/** Two processes with one delegated grant, whose token has come to its end. */
function lapsed(): { subject: World; first: Session; second: Session } {
  const subject = world()
  const first = new Session(subject, { identity: USER })
  const second = new Session(subject, { identity: USER })
  first.receive(subject.server.signIn(first.now, subject.now))
  first.run()
  subject.now += HOUR
  return { subject, first, second }
}

/** The store carries out what the session gave up waiting for. */
function applyLate(session: Session): void {
  const lease = session.take()
  if (lease.type !== 'write') throw new Error(`a ${lease.type} is outstanding`)
  session.operation = lease
  session.failStore()
  session.world.store.write(lease.change, session.world.now)
}

/** Gives the process a token, and returns it. */
function served(session: Session): string {
  const waiter = session.ask({ timeoutMs: 100_000 })
  session.run()
  pass(50_000, session)
  return session.token(waiter)
}

describe('an intent to spend a refresh token that was not carried out', () => {
  it('is taken back when the endpoint was busy and the store fails', () => {
    const { first, second } = lapsed()
    first.ask({ timeoutMs: 100 })
    first.answer()
    first.respond(json(503, {}))
    first.failStore()
    pass(10_000, first)
    expect(first.phase).toBe('held')
    expect(served(second)).toMatch(/^access/)
  })

  it('is taken back when the lease is written after nobody waits for it any more', () => {
    const { first, second } = lapsed()
    const waiter = first.ask()
    first.dispatch({ type: 'token.abandoned', waiter })
    applyLate(first)
    pass(10_000, first)
    expect(served(second)).toMatch(/^access/)
  })

  it('cannot be written any more once it was taken back', () => {
    const { subject, first, second } = lapsed()
    const waiter = first.ask()
    first.dispatch({ type: 'token.abandoned', waiter })
    const lease = first.take()
    if (lease.type !== 'write') throw new Error('it is a write')
    first.operation = lease
    first.failStore()
    pass(10_000, first)
    expect(subject.store.write(lease.change, subject.now)).toMatchObject({ written: false })
    expect(served(second)).toMatch(/^access/)
  })

  it('is taken back when the process was paused for too long to use the lease', () => {
    const { subject, first, second } = lapsed()
    const waiter = first.ask({ timeoutMs: 1_000 })
    const lease = first.take()
    subject.now += first.policy.leaseMs
    if (lease.type !== 'write') throw new Error('it is a write')
    first.operation = lease
    first.answer()
    expect(first.operation?.type).toBe('write')
    first.run()
    expect(first.failure(waiter).code).toBe('call_timed_out')
    expect(served(second)).toMatch(/^access/)
  })

  it('is taken back also when the process finds its own lease long after it asked for it', () => {
    const { subject, first, second } = lapsed()
    first.ask({ timeoutMs: 1_000 })
    const lease = first.take()
    if (lease.type !== 'write') throw new Error('it is a write')
    subject.store.write(lease.change, subject.now)
    subject.now += first.policy.leaseMs
    first.operation = lease
    first.answer()
    first.run()
    expect(served(second)).toMatch(/^access/)
  })

  it('is not taken back over what somebody else has written', () => {
    const { subject, first, second } = lapsed()
    first.ask({ timeoutMs: 100 })
    first.answer()
    first.respond(json(503, {}))
    first.failStore()
    second.receive(subject.server.signIn(second.now, subject.now))
    second.run()
    pass(10_000, first)
    expect(first.token(first.ask())).toBe(second.state.stamp?.tokens.accessToken)
  })

  it('is not confused with an older one that was', () => {
    const subject = world()
    const session = new Session(subject, { renewWith: 'refresh_token', unguardedIntervalMs: 2 * HOUR })
    session.ask()
    session.failStore()
    session.respond(
      json(200, { access_token: 'a', expires_in: 60, refresh_token: subject.server.authorize() }),
    )
    session.run()
    subject.now += HOUR
    session.ask({ timeoutMs: 100_000 })
    session.answer()
    session.failTransport('unknown')
    session.answer()
    // The next lease is for client credentials, and its answer is lost.
    subject.now = session.wakeAt ?? subject.now
    session.dispatch({ type: 'timer.fired' })
    session.failStore(true)
    pass(10_000, session)
    subject.now += 60_000
    session.ask()
    session.run()
    expect(session.state.stamp?.lapsesAt).toBeGreaterThan(subject.now)
    expect([...subject.server.presentations.values()]).toEqual([])
  })
})

describe('a newly configured refresh token', () => {
  function configured(): { session: Session; dead: string } {
    const { subject, first } = lapsed()
    const dead = first.state.stamp?.tokens.refreshToken ?? ''
    first.ask()
    first.answer()
    first.failTransport('unknown', true)
    first.run()
    const session = new Session(subject, { identity: USER, seedRefreshToken: subject.server.authorize() })
    return { session, dead }
  }

  it('is tried again when the endpoint was busy, and the one before it is not', () => {
    const { session, dead } = configured()
    const waiter = session.ask()
    session.answer()
    session.answer()
    session.respond(json(503, {}))
    session.run()
    pass(5_000, session)
    expect(session.token(waiter)).toMatch(/^access/)
    expect(session.world.server.presentations.get(dead)).toBe(1)
  })

  it('is not tried at once when the endpoint has asked for patience', () => {
    const { session } = configured()
    session.ask()
    session.answer()
    session.answer()
    session.respond(json(503, {}, [['retry-after', '60']]))
    session.run()
    const { requests } = session.world.server
    pass(50_000, session)
    session.ask()
    session.run()
    expect(session.world.server.requests).toBe(requests)
  })

  it('is not tried again when it was refused', () => {
    const { session } = configured()
    session.ask()
    session.answer()
    session.answer()
    session.respond(refusal('invalid_grant'))
    session.run()
    const { requests } = session.world.server
    pass(50_000, session)
    const waiter = session.ask()
    session.run()
    expect(session.failure(waiter).code).toBe('invalid_grant')
    expect(session.world.server.requests).toBe(requests)
  })
})

describe('the end of a grant that could not be stored', () => {
  it('is stored as soon as that is possible, for those who only follow and would wait for whoever renews', () => {
    const { subject, first } = lapsed()
    const follower = new Session(subject, { identity: USER, role: 'follower' })
    first.ask()
    first.answer()
    first.respond(refusal('invalid_grant'))
    first.answer()
    first.failStore()
    pass(10_000, first)
    const waiter = follower.ask({ timeoutMs: 100_000 })
    follower.run()
    expect(follower.failure(waiter).code).toBe('invalid_grant')
  })

  it('is not believed while the record changes under the eyes of whoever makes sure', () => {
    const { subject, first, second } = lapsed()
    const waiter = first.ask()
    first.answer()
    first.respond(refusal('invalid_grant'))
    const { op } = first.take()
    const entry = subject.store.read(subject.now)
    second.receive(subject.server.signIn(second.now, subject.now))
    second.run()
    first.dispatch({ type: 'record.changed' })
    first.dispatch({ type: 'record.read', op, entry, sentAt: first.now })
    first.run()
    expect(first.token(waiter)).toBe(second.state.stamp?.tokens.accessToken)
  })
})
