import { describe, expect, it } from 'vitest'
import { json, refusal } from '../support/fake-server.ts'
import { type Policy, presentations, renewing, signedIn } from '../support/renewing.ts'
import { CLIENT, pass, Session, USER, world } from '../support/session.ts'

describe('a single-use refresh token', () => {
  it('begins with the configured one, and goes on with those that the server gives', () => {
    const session = signedIn()
    for (let i = 0; i < 3; i++) {
      session.world.now += 3_600_000
      session.ask()
      session.run()
    }
    expect(presentations(session)).toEqual([1, 1, 1, 1])
    expect(session.state.stamp?.tokens.refreshToken).toBe('refresh-SECRET-8')
  })

  it('is stored before anybody sees the access token that came with it', () => {
    const { session, waiter } = renewing()
    session.answer()
    expect(session.phase).toBe('committing')
    expect(session.outcome(waiter)).toBeUndefined()
    session.answer()
    expect(session.token(waiter)).toBe('access-SECRET-5')
  })

  it('is kept when the answer brings none', () => {
    const session = signedIn()
    session.world.now += 3_600_000
    const waiter = session.ask()
    session.answer()
    session.respond(json(200, { access_token: 'next', expires_in: 60 }))
    expect(session.token(waiter)).toBe('next')
    session.run()
    expect(session.state.stamp?.tokens.refreshToken).toBe('refresh-SECRET-2')
  })

  it('is marked as spent in the store before it is presented', () => {
    const { session } = renewing()
    expect(session.world.store.read(0)?.value).toContain('"spentAt":')
  })

  it('is presented again after a failure that proves it was not taken', () => {
    for (const fail of [
      (session: Session) => session.failTransport('not_sent'),
      (session: Session) => session.respond(json(503, {})),
      (session: Session) => session.respond(refusal('temporarily_unavailable')),
    ]) {
      const { session, waiter } = renewing()
      fail(session)
      session.run()
      pass(5_000, session)
      expect(session.token(waiter)).toBe('access-SECRET-5')
      expect(presentations(session)).toEqual([1, 1])
    }
  })

  it('is never presented again after a failure that leaves it open', () => {
    for (const fail of [
      (session: Session) => session.failTransport('unknown', true),
      (session: Session) => session.respond({ status: 502, headers: [], body: '' }),
      (session: Session) => session.respond({ status: 200, headers: [], body: '{"access_to' }),
    ]) {
      const { session, waiter } = renewing()
      fail(session)
      session.run()
      expect(session.failure(waiter)).toMatchObject({ kind: 'reauthorize', code: 'response_lost' })
      pass(100_000, session)
      const later = session.ask()
      session.run()
      expect(session.failure(later).code).toBe('response_lost')
      expect(session.world.server.requests).toBeLessThanOrEqual(2)
    }
  })

  it('whose holder died is not presented by the heir, who says what was lost', () => {
    const { session } = renewing()
    session.world.server.handle(session.request(), session.world.now)
    const heir = new Session(session.world, { identity: USER })
    const waiter = heir.ask()
    heir.run()
    expect(heir.phase).toBe('waiting')
    pass(heir.policy.leaseMs, heir)
    expect(heir.failure(waiter)).toMatchObject({ kind: 'reauthorize', code: 'response_lost' })
    expect(presentations(session)).toEqual([1, 1])
  })

  it('is saved even by a holder that was paused for longer than its lease', () => {
    const { session } = renewing()
    const response = session.world.server.handle(session.request(), session.world.now)
    const operation = session.take()
    const other = new Session(session.world, { identity: USER })
    const theirs = other.ask()
    other.run()
    pass(60_000, other)
    expect(other.failure(theirs).code).toBe('response_lost')
    session.operation = operation
    session.respond(response)
    session.run()
    other.dispatch({ type: 'record.changed' })
    other.run()
    expect(other.token(other.ask())).toBe('access-SECRET-5')
  })
})

describe('a store that has lost the record', () => {
  it('does not bring the configured refresh token back', () => {
    const session = signedIn()
    session.world.store.flush()
    session.world.now += 3_600_000
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-5')
    expect(presentations(session)).toEqual([1, 1])
  })

  it('does not make the configured refresh token a new one', () => {
    const session = signedIn()
    session.world.store.flush()
    session.world.now += 3_600_000
    session.ask()
    session.answer()
    session.answer()
    session.failTransport('unknown', true)
    session.run()
    pass(100_000, session)
    const waiter = session.ask()
    session.run()
    expect(session.failure(waiter).code).toBe('response_lost')
    expect(presentations(session)).toEqual([1, 1])
  })
})

describe('a lost response', () => {
  it('is not the end of a grant in whose place another has come', () => {
    const { session, waiter } = renewing()
    const other = new Session(session.world, { identity: USER })
    other.receive(session.world.server.signIn(other.now, session.world.now))
    other.run()
    session.failTransport('unknown')
    session.run()
    expect(session.token(waiter)).toBe(other.state.stamp?.tokens.accessToken)
  })
})

describe('the news that the grant has ended', () => {
  it('is not believed before the record was read again', () => {
    const { session, waiter } = renewing()
    session.respond(refusal('invalid_grant'))
    expect(session.phase).toBe('reading')
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
    expect(session.state.trouble?.until).toBe(Number.POSITIVE_INFINITY)
  })

  it('is dropped when somebody else has renewed meanwhile', () => {
    const { session, waiter } = renewing()
    const other = new Session(session.world, { identity: USER })
    other.receive(session.world.server.signIn(other.now, session.world.now))
    other.run()
    session.respond(refusal('invalid_grant'))
    session.run()
    expect(session.token(waiter)).toBe(other.state.stamp?.tokens.accessToken)
    expect(session.reports).toContainEqual({ type: 'renewal.overtaken', fence: 2 })
  })

  it('is dropped when the store has lost the lease and given its number to another grant', () => {
    const { session, waiter } = renewing()
    session.world.store.flush()
    for (let i = 0; i < 2; i++) {
      const other = new Session(session.world, { identity: USER })
      other.receive(session.world.server.signIn(other.now, session.world.now))
      other.run()
    }
    session.respond(refusal('invalid_grant'))
    session.run()
    expect(session.state.known?.record?.generation).toBe(2)
    expect(session.token(waiter)).toBe(session.world.server.issued.at(-1)?.accessToken)
  })

  it('is looked into again by who keeps the grant warm, while the last token may still be served', () => {
    const subject = world()
    const session = new Session(subject, { identity: USER, keepWarm: true })
    session.receive(subject.server.signIn(session.now, subject.now))
    session.run()
    subject.now = session.state.stamp?.dueAt ?? 0
    session.dispatch({ type: 'timer.fired' })
    session.answer()
    session.respond(refusal('invalid_grant'))
    session.run()
    const other = new Session(subject, { identity: USER })
    other.receive(subject.server.signIn(other.now, subject.now))
    other.run()
    pass(session.policy.recheckMs, session)
    expect(session.state.stamp?.generation).toBe(other.state.stamp?.generation)
  })

  it('waits for the store when it cannot be read', () => {
    const { session, waiter } = renewing()
    session.respond(refusal('invalid_grant'))
    session.failStore()
    expect(session.outcome(waiter)).toBeUndefined()
    pass(1_000, session)
    expect(session.failure(waiter).code).toBe('invalid_grant')
  })

  it('ends with a newly configured refresh token, and not with the old one', () => {
    const { session } = renewing()
    session.respond(refusal('invalid_grant'))
    session.run()
    const { seedRefreshToken } = session.policy
    const same = new Session(session.world, { identity: USER, seedRefreshToken })
    const waiter = same.ask()
    same.run()
    expect(same.failure(waiter).code).toBe('invalid_grant')
    const renewed = new Session(session.world, {
      identity: USER,
      seedRefreshToken: session.world.server.authorize(),
    })
    const another = renewed.ask()
    renewed.run()
    expect(renewed.token(another)).toMatch(/^access/)
  })
})

describe('a delegated grant', () => {
  it('without any refresh token says so', () => {
    const session = new Session(world(), { identity: USER })
    const waiter = session.ask()
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'reauthorize', code: 'refresh_token_missing' })
  })

  it('with a reusable refresh token presents it as often as needed', () => {
    const subject = world()
    subject.server.rotates = false
    const session = new Session(subject, {
      identity: USER,
      refreshTokenUse: 'reusable',
      seedRefreshToken: subject.server.authorize(),
    })
    for (let i = 0; i < 3; i++) {
      session.ask()
      session.run()
      session.world.now += 3_600_000
    }
    expect(presentations(session)).toEqual([3])
  })
})

describe('client credentials renewed with the refresh token', () => {
  function renewingClient(policy: Policy = {}): { session: Session; waiter: number } {
    const session = new Session(world(), { identity: CLIENT, renewWith: 'refresh_token', ...policy })
    const refreshToken = session.world.server.authorize()
    session.ask()
    session.answer()
    session.answer()
    session.respond(json(200, { access_token: 'first', expires_in: 3600, refresh_token: refreshToken }))
    session.run()
    session.world.now += 3_600_000
    const waiter = session.ask()
    session.answer()
    return { session, waiter }
  }

  it('present it', () => {
    const { session, waiter } = renewingClient()
    expect(new Map(session.request().parameters).get('grant_type')).toBe('refresh_token')
    session.run()
    expect(session.token(waiter)).toMatch(/^access/)
  })

  it('fall back to a plain request when it has ended', () => {
    const { session, waiter } = renewingClient()
    session.respond(refusal('invalid_grant'))
    session.run()
    expect(session.token(waiter)).toMatch(/^access/)
    expect(session.world.server.requests).toBe(1)
  })

  it('fall back to a plain request when it has ended and the record has vanished', () => {
    const { session, waiter } = renewingClient()
    session.respond(refusal('invalid_grant'))
    session.world.store.flush()
    session.run()
    expect(session.token(waiter)).toMatch(/^access/)
    expect(session.world.server.requests).toBe(1)
  })

  it('fall back to a plain request when its answer was lost', () => {
    const { session, waiter } = renewingClient()
    session.failTransport('unknown', true)
    session.run()
    pass(2_000, session)
    expect(session.token(waiter)).toMatch(/^access/)
    expect(presentations(session)).toEqual([1])
  })
})

describe('the end of a delegated grant', () => {
  it('is reported once, however often it is asked for', () => {
    const session = new Session(world(), { identity: USER })
    for (let i = 0; i < 5; i++) {
      session.ask()
      session.run()
      pass(2_000, session)
    }
    expect(session.reports.filter(report => report.type === 'renewal.failed')).toHaveLength(1)
  })

  it('is believed when the record has vanished too', () => {
    const { session, waiter } = renewing()
    session.respond(refusal('invalid_grant'))
    session.world.store.flush()
    session.run()
    expect(session.failure(waiter).code).toBe('invalid_grant')
  })

  it('is not declared when a repetition comes too late to be sent', () => {
    const { session } = renewing({ replayWindowMs: 60_000 })
    session.world.server.graceMs = 60_000
    session.failTransport('unknown', true)
    session.run()
    session.world.now = session.wakeAt ?? 0
    session.dispatch({ type: 'timer.fired' })
    expect(session.phase).toBe('leasing')
    session.failStore()
    session.world.now = session.wakeAt ?? 0
    session.dispatch({ type: 'timer.fired' })
    session.world.now += 20_000
    session.answer()
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toMatch(/^access/)
  })
})
