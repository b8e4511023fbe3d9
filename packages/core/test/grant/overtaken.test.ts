import { describe, expect, it } from 'vitest'
import { INITIAL_STATE, inWords, transition } from '../../src/index.ts'
import { json } from '../support/fake-server.ts'
import { CLIENT, pass, Session, USER, world } from '../support/session.ts'

/** Two processes: the first was paused with its request under way, the second has taken the lapsed lease over. */
function overtaken(): { first: Session; second: Session; waiter: number } {
  const subject = world()
  const [first, second] = [new Session(subject), new Session(subject)]
  const waiter = first.ask({ timeoutMs: 100_000 })
  first.answer()
  first.answer()
  subject.now += first.policy.leaseMs
  second.ask()
  second.answer()
  second.answer()
  expect(second.phase).toBe('refreshing')
  return { first, second, waiter }
}

describe('a holder that was overtaken', () => {
  it('does not overwrite, and adopts what it finds', () => {
    const { first, second, waiter } = overtaken()
    second.run()
    first.answer()
    expect(first.token(waiter)).toBe('access-SECRET-2')
    first.run()
    expect(first.reports).toContainEqual({ type: 'renewal.overtaken', fence: 1 })
    expect(first.state.stamp).toMatchObject({ generation: 2, fingerprint: second.state.stamp?.fingerprint })
  })

  it('puts what it has won aside while the other is still asking', () => {
    const { first, second, waiter } = overtaken()
    first.answer()
    first.run()
    expect(first.reports).toContainEqual({ type: 'renewal.overtaken', fence: 1 })
    expect(first.token(waiter)).toBe('access-SECRET-1')
    second.run()
    expect(second.state.stamp).toMatchObject({ generation: 2, saved: true })
  })

  it('stores what it has won where the other has given up and won nothing', () => {
    const { first, second, waiter } = overtaken()
    second.respond(json(503, {}))
    second.answer()
    first.answer()
    first.run()
    const granted = first.token(waiter)
    expect(first.state.stamp).toMatchObject({ generation: 3, saved: true })
    expect(first.reports).not.toContainEqual(expect.objectContaining({ type: 'renewal.overtaken' }))
    second.dispatch({ type: 'record.changed' })
    second.run()
    expect(second.token(second.ask())).toBe(granted)
  })

  it('does not release a lease that is not its own any more', () => {
    const { first, second } = overtaken()
    first.respond(json(503, {}))
    first.run()
    second.run()
    expect(second.state.stamp).toMatchObject({ generation: 2, saved: true })
  })

  it('does not bring back an older generation when it restores what the store has lost', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    subject.store.flush()
    first.dispatch({ type: 'record.changed' })
    first.answer()
    expect(first.phase).toBe('committing')
    for (let i = 0; i < 2; i++) {
      second.ask()
      second.run()
      subject.now += second.policy.freshForMs
      second.reject()
    }
    second.ask()
    second.run()
    first.run()
    expect(first.state.stamp?.generation).toBe(second.state.stamp?.generation)
  })

  it('restores over a record that is behind, once nobody else is about to write', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    for (let i = 0; i < 3; i++) {
      first.ask()
      first.run()
      subject.now += first.policy.freshForMs
      if (i < 2) first.reject()
    }
    subject.store.flush()
    second.ask()
    second.answer()
    second.answer()
    first.dispatch({ type: 'record.changed' })
    first.run()
    expect(first.phase).toBe('held')
    second.run()
    first.dispatch({ type: 'record.changed' })
    first.run()
    second.dispatch({ type: 'record.changed' })
    second.run()
    expect(second.state.stamp?.generation).toBe(3)
  })

  it('writes again when what it replaces has gone meanwhile', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    session.answer()
    session.world.store.flush()
    session.run()
    expect(session.state.stamp?.saved).toBe(true)
    session.reject()
    session.ask()
    session.answer()
    session.respond(json(401, { error: 'invalid_client' }))
    session.world.store.flush()
    session.run()
    expect(session.phase).toBe('held')
  })
})

describe('a grant that must not go without the store', () => {
  it('waits with a command that is not stored yet', () => {
    const session = new Session(world())
    session.drop()
    session.failStore()
    const waiter = session.ask()
    expect(session.operation).toBeUndefined()
    pass(10_000, session)
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })
})

describe('client credentials with scopes', () => {
  it('ask for them, and take them for granted when the answer names none', () => {
    const session = new Session(world(), { identity: { ...CLIENT, scopes: ['b', 'c'] } })
    const waiter = session.ask()
    session.answer()
    session.answer()
    expect(session.request().parameters).toContainEqual(['scope', 'b c'])
    session.run()
    expect(session.outcome(waiter)).toMatchObject({ served: { tokens: { scope: ['b', 'c'] } } })
  })
})

describe('a refresh token that never ends with its access token', () => {
  it('is not renewed early because the answer repeats an endless token', () => {
    const subject = world()
    const session = new Session(subject, {
      identity: USER,
      seedRefreshToken: subject.server.authorize(),
      profile: { ...new Session(subject).policy.profile, lifetime: { asText: false, absent: 'never' } },
    })
    for (let i = 0; i < 2; i++) {
      session.ask({ minValidForMs: i })
      while (session.operation !== undefined) {
        if (session.operation.type === 'request') session.respond(json(200, { access_token: 'endless' }))
        else session.answer()
      }
      session.reject()
    }
    expect(session.state.stamp?.renewNotBefore).toBeUndefined()
  })
})

describe('the machine', () => {
  it('reports what cannot happen instead of failing or hiding it', () => {
    const session = new Session(world())
    session.dispatch({ type: 'record.read', op: 0, entry: undefined, sentAt: session.now })
    session.ask()
    const operation = session.take()
    session.dispatch({ type: 'record.written', op: operation.op, version: 'v' as never, sentAt: session.now })
    expect(session.reports).toEqual([
      { type: 'machine.surprised', phase: 'unread', event: 'record.read' },
      { type: 'machine.surprised', phase: 'reading', event: 'record.written' },
    ])
  })

  it('ignores late answers', () => {
    const session = new Session(world())
    session.ask()
    session.run()
    const before = session.state
    session.dispatch({ type: 'store.failed', op: 1 })
    expect(session.state).toBe(before)
  })

  it('refuses a state that contradicts its phase', () => {
    const { policy } = new Session(world())
    const broken = { ...INITIAL_STATE, phase: 'leasing', busy: true, op: 1 } as const
    const event = { type: 'record.written', op: 1, version: 'v' as never, sentAt: 0, at: 0, roll: 0 } as const
    expect(() => transition(broken, event, policy)).toThrow('contradicts its phase')
  })

  it('changes nothing in place', () => {
    const session = new Session(world())
    const freeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
      Object.freeze(value)
      Object.values(value).forEach(freeze)
    }
    for (let i = 0; i < 3; i++) {
      session.ask()
      freeze(session.state)
      while (session.operation !== undefined) {
        session.answer()
        freeze(session.state)
      }
      session.reject()
      freeze(session.state)
      session.world.now += session.policy.freshForMs
    }
    expect(session.state.stamp?.generation).toBe(3)
  })
})

describe('a span in words', () => {
  it('shows the two largest units that matter', () => {
    expect(
      [0, 999, 1_000, 61_000, 3_600_000, 86_399_000, 2_588_400_000, Number.POSITIVE_INFINITY].map(inWords),
    ).toEqual(['0 ms', '999 ms', '1 s', '1 min 1 s', '1 h', '23 h 59 min', '29 d 23 h', 'no end'])
  })
})
