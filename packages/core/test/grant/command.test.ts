import { describe, expect, it } from 'vitest'
import { refusal } from '../support/fake-server.ts'
import { pass, Session, USER, world } from '../support/session.ts'

function signedIn(): Session {
  const session = new Session(world(), { identity: USER })
  session.receive(session.world.server.signIn(session.now, session.world.now))
  return session.run()
}

describe('a grant that was received', () => {
  it('is stored, then confirmed, then served', () => {
    const session = new Session(world(), { identity: USER })
    const command = session.receive(session.world.server.signIn(session.now, session.world.now))
    expect(session.outcome(command)).toBeUndefined()
    session.run()
    expect(session.outcome(command)).toEqual({ ok: true, served: undefined })
    expect(session.token(session.ask())).toBe('access-SECRET-2')
    expect(session.reports).toContainEqual({ type: 'grant.received', generation: 1 })
  })

  it('goes before what is stored and before what is under way', () => {
    const session = signedIn()
    session.reject()
    const waiter = session.ask()
    session.answer()
    expect(session.phase).toBe('refreshing')
    session.receive(session.world.server.signIn(session.now, session.world.now))
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-4')
    const late = session.overtaken[0]
    if (late === undefined) throw new Error('a request was overtaken')
    session.respondTo(late.op, refusal('invalid_grant'))
    expect(session.state.trouble).toBeUndefined()
  })

  it('ends a failure that nothing else could end', () => {
    const session = signedIn()
    session.reject()
    session.ask()
    session.answer()
    session.respond(refusal('invalid_grant'))
    session.run()
    session.receive(session.world.server.signIn(session.now, session.world.now))
    session.run()
    expect(session.token(session.ask())).toMatch(/^access/)
  })

  it('is not written a second time over what has been won with it', () => {
    const subject = world()
    const [first, second] = [
      new Session(subject, { identity: USER }),
      new Session(subject, { identity: USER }),
    ]
    const command = first.receive(subject.server.signIn(first.now, subject.now))
    first.failStore(true)
    second.ask()
    second.run()
    second.reject()
    second.ask()
    second.run()
    pass(10_000, first)
    expect(first.outcome(command)).toEqual({ ok: true, served: undefined })
    expect(first.state.stamp?.generation).toBe(2)
    expect([...subject.server.presentations.values()]).toEqual([1])
  })

  it('is not written a second time when the store has lost it and somebody has given it back', () => {
    const subject = world()
    const [first, second] = [
      new Session(subject, { identity: USER }),
      new Session(subject, { identity: USER }),
    ]
    const command = first.receive(subject.server.signIn(first.now, subject.now))
    first.failStore(true)
    second.ask()
    second.run()
    subject.store.flush()
    second.dispatch({ type: 'record.changed' })
    second.run()
    second.reject()
    second.ask()
    second.run()
    pass(10_000, first)
    expect(first.outcome(command)).toEqual({ ok: true, served: undefined })
    expect([...subject.server.presentations.values()]).toEqual([1])
    expect(first.token(first.ask())).toBe(second.token(second.ask()))
  })

  it('ends a failure that is found in the store', () => {
    const subject = world()
    const [first, second] = [
      new Session(subject, { identity: USER }),
      new Session(subject, { identity: USER }),
    ]
    first.drop()
    first.run()
    second.receive(subject.server.signIn(second.now, subject.now))
    second.run()
    subject.now += 3_600_000
    const waiter = second.ask()
    second.run()
    expect(second.token(waiter)).toBe('access-SECRET-4')
  })

  it('ends it though its token was rejected before it could be stored', () => {
    const subject = world()
    const [first, second] = [
      new Session(subject, { identity: USER }),
      new Session(subject, { identity: USER }),
    ]
    first.receive(subject.server.signIn(first.now, subject.now))
    first.run()
    first.reject()
    first.ask()
    while (first.operation?.type !== 'request') first.answer()
    first.respond(refusal('invalid_grant'))
    first.run()
    expect(first.state.known?.record?.trouble?.until).toBe(Number.POSITIVE_INFINITY)
    second.receive(subject.server.signIn(second.now, subject.now))
    while (second.state.stamp === undefined) {
      second.failStore()
      subject.now = second.wakeAt ?? subject.now
      second.dispatch({ type: 'timer.fired' })
    }
    second.reject()
    second.run()
    pass(10_000, second)
    expect(second.state.known?.record?.trouble).toBeUndefined()
    const waiter = first.ask()
    first.run()
    expect(first.token(waiter)).toMatch(/^access-/)
  })

  it('is told apart from another that was received elsewhere at the same time', () => {
    const subject = world()
    const [first, second] = [
      new Session(subject, { identity: USER }),
      new Session(subject, { identity: USER }),
    ]
    for (const session of [first, second]) {
      session.receive(subject.server.signIn(session.now, subject.now))
    }
    first.run()
    second.run()
    expect([first, second].map(({ state }) => state.stamp?.generation)).toEqual([1, 2])
  })

  it('tells its commander when the store takes too long, and is still stored in the end', () => {
    const session = new Session(world(), { identity: USER })
    const command = session.receive(session.world.server.signIn(session.now, session.world.now))
    const end = session.world.now + 30_000
    while (session.world.now < end) {
      if (session.operation !== undefined) session.failStore()
      session.world.now = Math.min(end, session.wakeAt ?? end)
      session.dispatch({ type: 'timer.fired' })
    }
    expect(session.failure(command).code).toBe('store_unreachable')
    pass(10_000, session)
    expect(session.state.stamp?.saved).toBe(true)
  })
})

describe('a command over garbage', () => {
  it('replaces it', () => {
    const subject = world()
    subject.store.plant('garbage', subject.now)
    const session = new Session(subject, { identity: USER })
    const command = session.receive(subject.server.signIn(session.now, subject.now))
    session.run()
    expect(session.outcome(command)).toMatchObject({ ok: true })
  })
})

describe('two commanders', () => {
  it('are each told at their own time that the store does not answer', () => {
    const session = signedIn()
    const first = session.drop()
    session.failStore()
    session.world.now += 10_000
    const second = session.drop()
    session.failStore()
    session.world.now += 20_000
    session.dispatch({ type: 'timer.fired' })
    expect([session.outcome(first)?.ok, session.outcome(second)?.ok]).toEqual([false, undefined])
  })
})

describe('a grant that was dropped', () => {
  it('is forgotten here and by everybody who looks', () => {
    const session = signedIn()
    const other = new Session(session.world, { identity: USER })
    other.ask()
    other.run()
    const waiter = session.ask({ minValidForMs: 3_599_000 })
    session.world.now += 40_000
    const command = session.drop()
    session.run()
    expect(session.outcome(command)).toEqual({ ok: true, served: undefined })
    expect(session.outcome(waiter)).toBeDefined()
    expect(session.failure(session.ask())).toMatchObject({ kind: 'reauthorize', code: 'grant_dropped' })
    other.dispatch({ type: 'record.changed' })
    other.run()
    expect(other.failure(other.ask()).code).toBe('grant_dropped')
  })

  it('tells those who wait, and does not come back from configuration', () => {
    const subject = world()
    const seedRefreshToken = subject.server.authorize()
    const session = new Session(subject, { identity: USER, seedRefreshToken })
    const waiter = session.ask()
    session.drop()
    session.run()
    expect(session.failure(waiter).code).toBe('grant_dropped')
    const restarted = new Session(subject, { identity: USER, seedRefreshToken })
    const again = restarted.ask()
    restarted.run()
    expect(restarted.failure(again).code).toBe('grant_dropped')
  })

  it('does not come back with a store that has fallen behind, until somebody brings a later one', () => {
    const session = signedIn()
    const { store } = session.world
    const [before = ''] = store.history.slice(-1)
    session.drop()
    session.run()
    store.plant(before, session.world.now)
    for (let looks = 0; looks < 2; looks++) {
      session.dispatch({ type: 'record.changed' })
      const waiter = session.ask()
      session.run()
      expect(session.failure(waiter).code).toBe('grant_dropped')
    }
    session.receive(session.world.server.signIn(session.now, session.world.now))
    session.run()
    expect(session.token(session.ask())).toBe('access-SECRET-4')
  })

  it('comes back rejected, if it was, where a store forgets that it was dropped', () => {
    const session = signedIn()
    const { store } = session.world
    const [before = ''] = store.history.slice(-1)
    session.reject()
    session.drop()
    session.run()
    store.flush()
    session.dispatch({ type: 'record.changed' })
    session.run()
    store.plant(before, session.world.now)
    session.dispatch({ type: 'record.changed' })
    session.answer()
    expect(session.state.stamp?.rejected).toBe(true)
  })

  it('is followed by a grant that is numbered above all that the store shows, also what was put back', () => {
    const session = signedIn()
    const { store } = session.world
    const [before = ''] = store.history.slice(-1)
    session.drop()
    session.run()
    store.plant(JSON.stringify({ ...JSON.parse(before), fence: 9 }), session.world.now)
    session.dispatch({ type: 'record.changed' })
    session.answer()
    session.receive(session.world.server.signIn(session.now, session.world.now))
    session.run()
    expect(session.state.known?.record?.fence).toBe(10)
  })

  it('is obtained anew on demand where the client itself can', () => {
    const session = new Session(world())
    session.ask()
    session.run()
    session.drop()
    session.run()
    expect(session.world.server.requests).toBe(1)
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-2')
  })

  it('has both its commanders confirmed when it is dropped twice', () => {
    const session = signedIn()
    const commands = [session.drop(), session.drop()]
    session.run()
    expect(commands.map(command => session.outcome(command))).toEqual(
      Array(2).fill({ ok: true, served: undefined }),
    )
  })

  it('gives up its commander who leaves', () => {
    const session = signedIn()
    const command = session.drop()
    session.dispatch({ type: 'token.abandoned', waiter: command })
    session.run()
    expect(session.outcome(command)).toBeUndefined()
  })
})

describe('a drop that meets a record it has not seen', () => {
  it('does not serve what it finds there', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    second.drop()
    const waiter = second.ask()
    second.run()
    expect(second.token(waiter)).toBe('access-SECRET-2')
  })
})

describe('a drop that overtakes a commit', () => {
  it('leaves its reason behind though the commit landed first', () => {
    const session = signedIn()
    session.world.now += 3_600_000
    session.ask()
    session.answer()
    session.answer()
    const commit = session.operation as Extract<Session['operation'], { type: 'write' }>
    session.drop()
    session.world.store.write(commit.change, session.world.now)
    session.run()
    expect(session.failure(session.ask()).code).toBe('grant_dropped')
  })
})
