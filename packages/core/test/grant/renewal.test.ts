import { describe, expect, it } from 'vitest'
import { quietUntil } from '../../src/index.ts'
import { json } from '../support/fake-server.ts'
import { pass, Session, USER, world } from '../support/session.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

function warmedUp(policy: ConstructorParameters<typeof Session>[1] = {}, lifeSeconds = 3600): Session {
  const session = new Session(world(), policy)
  session.world.server.lifeSeconds = lifeSeconds
  session.ask()
  return session.run()
}

describe('a token', () => {
  it('is served without any operation while it is fresh', () => {
    const session = warmedUp()
    const waiter = session.ask()
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.operation).toBeUndefined()
    expect(session.wakeAt).toBeUndefined()
  })

  it('is served at once when it is due, and renewed once in the background', () => {
    const session = warmedUp()
    session.world.now += HOUR - 60_000
    const waiters = [session.ask(), session.ask(), session.ask()]
    expect(waiters.map(waiter => session.token(waiter))).toEqual(Array(3).fill('access-SECRET-1'))
    session.run()
    expect(session.world.server.requests).toBe(2)
    expect(session.token(session.ask())).toBe('access-SECRET-2')
  })

  it('is not renewed when nobody asks for it', () => {
    const session = warmedUp()
    pass(2 * HOUR, session)
    expect(session.world.server.requests).toBe(1)
  })

  it('is renewed without being asked when it is kept warm', () => {
    const session = new Session(world(), { keepWarm: true })
    session.dispatch({ type: 'timer.fired' })
    session.run()
    pass(10 * HOUR, session)
    expect(session.world.server.requests).toBe(11)
    expect(session.reports.filter(report => report.type === 'renewal.failed')).toEqual([])
  })

  it('of 30 days is renewed a day before it ends, after one wake-up', () => {
    const session = new Session(world(), {
      keepWarm: true,
      shared: false,
      renewBeforeMs: DAY,
      renewSpread: 0,
    })
    session.world.server.lifeSeconds = 2_592_000
    session.dispatch({ type: 'timer.fired' })
    session.run()
    expect((session.wakeAt ?? 0) - session.world.now).toBe(29 * DAY)
    pass(29 * DAY - 1, session)
    expect(session.world.server.requests).toBe(1)
    pass(1, session)
    expect(session.world.server.requests).toBe(2)
  })

  it('goes on being served until just before its end while renewal fails', () => {
    const session = warmedUp()
    session.world.now += HOUR - 60_000
    session.ask()
    session.answer()
    session.respond(json(503, {}))
    session.run()
    session.world.now += 60_000 - session.policy.expiryMarginMs - 1
    expect(session.token(session.ask())).toBe('access-SECRET-1')
    session.operation = undefined
    session.world.now += 1
    const late = session.ask()
    expect(session.outcome(late)).toBeUndefined()
  })

  it('that never expires is never due', () => {
    const session = new Session(world(), {
      keepWarm: true,
      shared: false,
      profile: { ...warmedUp().policy.profile, lifetime: { asText: true, absent: 'never' } },
    })
    session.ask()
    session.answer()
    session.answer()
    session.respond(json(200, { access_token: 'eternal' }))
    session.run()
    session.world.now += 1000 * DAY
    expect(session.token(session.ask())).toBe('eternal')
    expect(session.operation).toBeUndefined()
    expect(session.wakeAt).toBeUndefined()
  })

  it('lives from the moment its request was sent, not from the moment its answer came', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    const sentAt = session.now
    const response = session.world.server.handle(session.request(), session.world.now)
    const operation = session.take()
    session.world.now += 4_000
    session.operation = operation
    session.respond(response)
    expect(session.state.stamp?.tokens.expiresAt).toBe(sentAt + HOUR)
  })
})

describe('the renewal window', () => {
  it('is spread over the fleet by chance', () => {
    const dueAt = (roll: number) => {
      const session = new Session(world(), { renewBeforeMs: 600_000, renewSpread: 0.5 })
      session.roll = roll
      session.ask()
      session.run()
      return (session.state.stamp?.dueAt ?? 0) - session.world.now
    }
    expect(dueAt(0)).toBe(HOUR - 600_000)
    expect(dueAt(0.999)).toBeCloseTo(HOUR - 300_000, -3)
    expect(dueAt(0.123_456_789), 'in whole milliseconds').toBe(HOUR - 600_000 + 37_037)
  })

  it('takes no more than its fraction of a short life', () => {
    const session = warmedUp({ renewBeforeMs: DAY, renewSpread: 0 }, 100)
    expect((session.state.stamp?.dueAt ?? 0) - session.world.now).toBe(80_000)
    expect((session.state.stamp?.lapsesAt ?? 0) - session.world.now).toBe(90_000)
  })
})

describe('a caller that wants a minimum of remaining life', () => {
  it('is served when the token has it, and causes a renewal when it has not', () => {
    const session = warmedUp()
    session.world.now += 1_800_000
    expect(session.token(session.ask({ minValidForMs: 1_700_000 }))).toBe('access-SECRET-1')
    const waiter = session.ask({ minValidForMs: 1_900_000 })
    expect(session.outcome(waiter)).toBeUndefined()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-2')
  })

  it('is told so, once, when no token of this provider lives as long', () => {
    const session = warmedUp()
    session.world.now += 1_800_000
    const waiter = session.ask({ minValidForMs: 2 * HOUR })
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'configure', code: 'lifetime_too_short' })
    expect(session.failure(session.ask({ minValidForMs: 2 * HOUR })).code).toBe('lifetime_too_short')
    expect(session.world.server.requests).toBe(2)
  })

  it.each([
    [40 * DAY, 'lives 1 h from the moment of the request', 'one with 40 d left'],
    [HOUR + 400, 'lives 3600 s from the moment of the request', 'one with 3600.4 s left'],
  ])('reads how long a token lives in words, and %d ms apart from it', (minValidForMs, lives, wanted) => {
    const session = warmedUp()
    const { message } = session.failure(session.ask({ minValidForMs }))
    expect(message).toContain(lives)
    expect(message).toContain(wanted)
  })
})

describe('a provider that gives the old token again', () => {
  function repeated(life: number, policy = {}) {
    const session = new Session(world(), policy)
    const give = (seconds: number) =>
      session.respond(json(200, { access_token: 'same', expires_in: seconds }))
    session.ask()
    session.answer()
    session.answer()
    give(life)
    session.run()
    return { session, give }
  }

  it('is asked again after half of what is left, not at once', () => {
    const { session, give } = repeated(7200, { renewFraction: 0.9, renewSpread: 0 })
    session.world.now += 7_000_000
    session.ask()
    session.answer()
    give(200)
    session.run()
    expect(session.token(session.ask())).toBe('same')
    expect(session.operation).toBeUndefined()
    session.world.now += 99_000
    session.ask()
    expect(session.operation).toBeUndefined()
    session.world.now += 1_000
    session.ask()
    expect(session.operation).toBeDefined()
    expect(session.reports.at(-1)).toMatchObject({ type: 'renewal.succeeded', advanced: false })
  })

  it('gives a caller with higher demands a reason and a time, not a loop', () => {
    const { session, give } = repeated(7200)
    session.world.now += 7_000_000
    const waiter = session.ask({ minValidForMs: HOUR })
    session.answer()
    give(200)
    session.run()
    expect(session.failure(waiter)).toMatchObject({
      kind: 'retry',
      code: 'token_not_renewed',
      retryAfterMs: 100_000,
    })
  })

  it('is asked for another when the token has lapsed', () => {
    const { session } = repeated(10)
    session.world.now += 9_500
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })
})

describe('a grant that is kept warm', () => {
  it('is renewed when its token lapses, however late the renewal is due', () => {
    const session = warmedUp({ keepWarm: true, renewBeforeMs: 0, shared: false })
    pass(HOUR, session)
    session.run()
    expect(session.world.server.requests).toBe(2)
    expect(session.wakeAt).toBe(session.state.stamp?.lapsesAt)
  })

  it('asks for its wake-up again when a timer fires too early', () => {
    const session = warmedUp({ keepWarm: true })
    const { wakeAt } = session
    session.wakeAt = undefined
    session.dispatch({ type: 'timer.fired' })
    expect(session.operation).toBeUndefined()
    expect(session.wakeAt).toBe(wakeAt)
    expect(wakeAt).toBeGreaterThan(session.world.now)
  })
})

describe('a token that has lapsed on arrival', () => {
  it('is a failure with a pause, not a loop', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.answer()
    session.answer()
    const operation = session.take()
    session.world.now += 2_000
    session.operation = operation
    session.respond(json(200, { access_token: 'brief', expires_in: 1 }))
    session.run()
    expect(session.failure(waiter).code).toBe('lifetime_too_short')
    expect(session.failure(session.ask()).retryAfterMs).toBe(session.policy.latchMs)
  })
})

describe('a token that has lapsed before it could be saved', () => {
  it('is renewed at once, and nothing is held against the provider', () => {
    const subject = world()
    subject.server.lifeSeconds = 60
    const session = new Session(subject, { identity: USER, seedRefreshToken: subject.server.authorize() })
    session.ask()
    session.answer()
    session.answer()
    session.answer()
    session.failStore()
    subject.now += 60_000
    const waiter = session.ask()
    session.dispatch({ type: 'timer.fired' })
    session.run()
    expect(session.token(waiter)).toBe(subject.server.issued[1]?.accessToken)
  })
})

describe('the span in which a shell may answer from memory', () => {
  it('ends when the token is due, and is empty without a token', () => {
    const session = new Session(world())
    expect(quietUntil(session.state, session.policy)).toBe(0)
    session.ask()
    session.run()
    expect(quietUntil(session.state, session.policy)).toBe(session.state.stamp?.dueAt)
  })

  it('lasts until the token lapses while a renewal is under way or kept warm', () => {
    const session = warmedUp()
    session.world.now += HOUR - 60_000
    session.ask()
    expect(quietUntil(session.state, session.policy)).toBe(session.state.stamp?.lapsesAt)
    session.run()
    expect(quietUntil(session.state, { ...session.policy, keepWarm: true })).toBe(
      session.state.stamp?.lapsesAt,
    )
  })

  it('lasts as long as the pause after a failed renewal', () => {
    const session = warmedUp()
    session.world.now += HOUR - 60_000
    session.ask()
    session.answer()
    session.respond(json(503, {}, [['retry-after', '20']]))
    session.run()
    expect(quietUntil(session.state, session.policy)).toBe(session.now + 20_000)
  })

  it('is over when the token was rejected', () => {
    const session = warmedUp()
    session.reject()
    expect(quietUntil(session.state, session.policy)).toBe(0)
  })
})
