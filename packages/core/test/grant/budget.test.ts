import { describe, expect, it } from 'vitest'
import { explain, describe as inProse } from '../../src/index.ts'
import { pass, Session, world } from '../support/session.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

type Policy = ConstructorParameters<typeof Session>[1]

/** Asks for a token, lets everything happen, and returns the caller. */
function ask(session: Session): number {
  const waiter = session.ask()
  session.run()
  return waiter
}

function explained(session: Session) {
  return explain(session.state, session.now, session.policy)
}

/** A session whose tokens are rejected a minute after they came, three times: all that an hour may have. */
function spent(policy: Policy = {}): Session {
  const session = new Session(world(), { requestsPerHourMax: 3, freshForMs: 0, ...policy })
  for (let request = 0; request < 3; request++) {
    session.token(ask(session))
    session.world.now += MINUTE_MS
    session.reject()
    session.run()
  }
  return session
}

describe('the hourly budget of token requests', () => {
  it('stops a flood that nothing else would stop, says for how long, and is reported once', () => {
    const session = spent()
    const failures = [1, 2, 3].map(() => session.failure(ask(session)))
    expect(failures[0]).toMatchObject({
      kind: 'retry',
      code: 'request_budget_spent',
      retryAfterMs: HOUR_MS - 3 * MINUTE_MS,
    })
    expect(session.world.server.requests).toBe(3)
    const until = session.now + HOUR_MS - 3 * MINUTE_MS
    const reports = session.reports.filter(report => report.type === 'renewal.failed')
    expect(reports).toMatchObject([{ failure: { code: 'request_budget_spent' }, attempts: 0, until }])
  })

  it('is whole again when the hour is over', () => {
    const session = spent()
    session.failure(ask(session))
    pass(HOUR_MS - 3 * MINUTE_MS, session)
    session.token(ask(session))
    expect(session.world.server.requests).toBe(4)
    expect(session.state.hour).toMatchObject({ requests: 1, reported: false })
  })

  it('is explained', () => {
    const session = spent()
    expect(explained(session)).toMatchObject({
      decision: 'fail_fast',
      circuit: 'closed',
      failure: { code: 'request_budget_spent', retryAfterMs: HOUR_MS - 3 * MINUTE_MS },
    })
    expect(inProse(explained(session))).toContain('the next attempt is due in 57 min')
    session.world.now += HOUR_MS
    expect(explained(session).decision).toBe('obtain')
    expect(explained(session).failure).toBeUndefined()
  })

  it('does not keep a process from what another one obtains', () => {
    const session = spent()
    const other = new Session(session.world)
    ask(other)
    other.reject()
    const waiter = ask(other)
    session.world.now += session.policy.pollMs
    expect(session.token(ask(session))).toBe(other.token(waiter))
    expect(session.world.server.requests).toBe(4)
  })

  it('serves a token that is due for as long as it lives', () => {
    const session = spent({ requestsPerHourMax: 4 })
    session.token(ask(session))
    session.world.now += HOUR_MS - 4 * MINUTE_MS
    session.token(ask(session))
    expect(session.world.server.requests).toBe(4)
    expect(explained(session).decision).toBe('serve_and_renew')
  })

  it('holds where the store is out of reach, too', () => {
    const session = spent()
    session.world.now += session.policy.pollMs
    const waiter = session.ask()
    for (let attempt = 0; attempt < 3; attempt++) {
      session.failStore()
      session.world.now = session.wakeAt ?? session.now
      session.dispatch({ type: 'timer.fired' })
    }
    expect(session.failure(waiter).code).toBe('store_unreachable')
    expect(session.world.server.requests).toBe(3)
  })

  it('makes a session that is kept warm look again now and then, and renew in the next hour', () => {
    const session = spent({ keepWarm: true })
    expect(session.phase).toBe('waiting')
    pass(HOUR_MS, session)
    expect(session.world.server.requests).toBe(4)
    expect(explained(session).decision).toBe('serve')
  })
})

describe('the circuit of the token endpoint', () => {
  it('is closed while requests succeed', () => {
    const session = new Session(world())
    expect(explained(session).circuit).toBe('closed')
    session.token(ask(session))
    expect(explained(session).circuit).toBe('closed')
  })

  it('is open during the pause after a failure, and a probe from its end until the answer', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    session.respond({ status: 401, headers: [], body: '{"error":"invalid_client"}' })
    session.run()
    expect(explained(session)).toMatchObject({ circuit: 'open', attempts: 1 })
    session.world.now += session.policy.latchMs
    expect(explained(session).circuit).toBe('probe')
    session.ask()
    session.answer()
    expect(session.phase).toBe('refreshing')
    expect(explained(session).circuit).toBe('probe')
    session.respond({ status: 401, headers: [], body: '{"error":"invalid_client"}' })
    session.run()
    expect(explained(session)).toMatchObject({ circuit: 'open', attempts: 2 })
    session.world.now += session.policy.latchMs * 2
    session.token(ask(session))
    expect(explained(session)).toMatchObject({ circuit: 'closed', attempts: 0 })
  })

  it('is closed by a token that another process obtains', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    session.respond({ status: 401, headers: [], body: '{"error":"invalid_client"}' })
    session.run()
    const other = new Session(session.world)
    session.world.now += session.policy.latchMs
    ask(other)
    session.token(ask(session))
    expect(explained(session).circuit).toBe('closed')
  })
})
