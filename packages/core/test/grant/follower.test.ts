import { describe, expect, it } from 'vitest'
import { explain, describe as inProse } from '../../src/index.ts'
import { refusal } from '../support/fake-server.ts'
import { pass, Session, world } from '../support/session.ts'

describe('a follower', () => {
  it('never asks for tokens, and takes what others store', () => {
    const subject = world()
    const follower = new Session(subject, { role: 'follower' })
    const waiter = follower.ask()
    follower.run()
    pass(5_000, follower)
    expect(subject.server.requests).toBe(0)
    const renewer = new Session(subject)
    renewer.ask()
    renewer.run()
    pass(follower.policy.pollMs, follower)
    expect(follower.token(waiter)).toBe('access-SECRET-1')
  })

  it('says what it waits for when its caller has to go', () => {
    const follower = new Session(world(), { role: 'follower' })
    const waiter = follower.ask()
    follower.run()
    pass(30_000, follower)
    expect(follower.failure(waiter).code).toBe('follower_waits')
  })

  it('fails fast when the renewing process has noted why it cannot', () => {
    const subject = world()
    const renewer = new Session(subject)
    renewer.ask()
    renewer.answer()
    renewer.answer()
    renewer.respond(refusal('invalid_client', 401))
    renewer.run()
    const follower = new Session(subject, { role: 'follower' })
    const waiter = follower.ask()
    follower.run()
    expect(follower.failure(waiter).code).toBe('invalid_client')
  })

  it('does not go without the store', () => {
    const follower = new Session(world(), { role: 'follower' })
    follower.ask()
    follower.failStore()
    expect(follower.phase).toBe('waiting')
    expect(follower.world.server.requests).toBe(0)
  })

  it('that is kept warm follows every generation', () => {
    const subject = world()
    const renewer = new Session(subject, { keepWarm: true })
    const follower = new Session(subject, { keepWarm: true, role: 'follower' })
    renewer.dispatch({ type: 'timer.fired' })
    follower.dispatch({ type: 'timer.fired' })
    renewer.run()
    follower.run()
    pass(10 * 3_600_000, renewer, follower)
    expect(follower.state.stamp?.generation).toBe(renewer.state.stamp?.generation)
    expect(renewer.state.stamp?.generation).toBeGreaterThan(8)
  })
})

describe('a follower whose store has lost the newest token', () => {
  /** A follower that holds the second token of a grant, and the record of the first, which the store shows again. */
  function fallenBack(lifeSeconds = 3_600) {
    const subject = world()
    const renewer = new Session(subject)
    renewer.ask()
    renewer.run()
    const [older = ''] = subject.store.history.slice(-1)
    subject.server.lifeSeconds = lifeSeconds
    renewer.reject()
    renewer.ask()
    renewer.run()
    const [newer = ''] = subject.store.history.slice(-1)
    const follower = new Session(subject, { role: 'follower' })
    follower.ask()
    follower.run()
    expect(follower.state.stamp?.generation).toBe(2)
    const show = (value: string) => {
      subject.store.plant(value, subject.now)
      follower.dispatch({ type: 'record.changed' })
      follower.run()
    }
    return { follower, show, older, newer }
  }

  it('serves its own as long as that lives, and then the one that the others have', () => {
    const { follower, show, older } = fallenBack()
    show(older)
    expect(follower.token(follower.ask())).toBe('access-SECRET-2')
    follower.reject()
    show(older)
    expect(follower.token(follower.ask())).toBe('access-SECRET-1')
  })

  it('takes the one that the others have when its own has come to its end before', () => {
    const { follower, show, older } = fallenBack(60)
    follower.world.now += 61_000
    show(older)
    expect(follower.token(follower.ask())).toBe('access-SECRET-1')
  })

  it('does not serve the rejected one again when the store shows it once more', () => {
    const { follower, show, older, newer } = fallenBack()
    follower.reject()
    show(older)
    show(newer)
    expect(follower.state.stamp).toMatchObject({ generation: 2, rejected: true })
  })

  it('does not serve what is over, or was rejected itself', () => {
    const { follower, show, older } = fallenBack()
    follower.reject()
    show(JSON.stringify({ ...JSON.parse(older), rejected: true }))
    expect(follower.state.stamp?.generation).toBe(2)
    follower.world.now += 4_000_000
    show(older)
    expect(follower.state.stamp?.generation).toBe(2)
  })
})

describe('a follower whose token is rejected', () => {
  /** A renewer that is kept warm, and a follower that holds what it has stored. */
  function following() {
    const subject = world()
    const renewer = new Session(subject, { keepWarm: true })
    const follower = new Session(subject, { role: 'follower' })
    renewer.dispatch({ type: 'timer.fired' })
    renewer.run()
    follower.ask()
    follower.run()
    return { subject, renewer, follower }
  }

  it('tells whoever renews', () => {
    const { subject, renewer, follower } = following()
    follower.reject()
    const waiter = follower.ask()
    follower.run()
    expect(subject.server.requests).toBe(1)
    renewer.dispatch({ type: 'record.changed' })
    renewer.run()
    pass(follower.policy.pollMs, follower)
    expect(follower.token(waiter)).toBe('access-SECRET-2')
    expect(subject.server.requests).toBe(2)
  })

  it('again while it is fresh has the whole fleet pause', () => {
    const { subject, renewer, follower } = following()
    for (let i = 0; i < 3; i++) {
      follower.reject()
      follower.run()
      renewer.dispatch({ type: 'record.changed' })
      renewer.run()
      pass(follower.policy.pollMs, follower)
      follower.dispatch({ type: 'record.changed' })
      follower.run()
    }
    expect(subject.server.requests).toBe(2)
    expect(renewer.state.trouble?.failure.code).toBe('token_rejected_again')
    expect(follower.failure(follower.ask()).code).toBe('token_rejected_again')
  })

  it('says so again now and then, and goes on reading, where it may not write', () => {
    const { subject, follower } = following()
    const told = (): number => follower.reports.filter(each => each.type === 'store.failed').length
    follower.reject()
    follower.ask({ timeoutMs: 60_000 })
    expect(follower.phase).toBe('committing')
    follower.failStore()
    pass(5_000, follower)
    expect([told(), follower.phase]).toEqual([1, 'waiting'])
    subject.now += follower.policy.recheckMs
    follower.dispatch({ type: 'timer.fired' })
    follower.run()
    expect(subject.store.read(subject.now)?.value).toContain('"rejected":true')
  })

  it('says nothing of it while the store cannot be reached', () => {
    const { subject, follower } = following()
    follower.dispatch({ type: 'record.changed' })
    follower.failStore()
    follower.reject()
    follower.ask()
    expect(follower.operation).toBeUndefined()
    pass(5_000, follower)
    expect(subject.store.read(subject.now)?.value).toContain('"rejected":true')
  })

  it('does not mark an older one, to which the store has fallen back', () => {
    const { subject, renewer, follower } = following()
    const older = subject.store.read(subject.now)?.value ?? ''
    subject.now += renewer.policy.freshForMs
    renewer.reject()
    renewer.run()
    follower.dispatch({ type: 'record.changed' })
    follower.run()
    subject.store.plant(older, subject.now)
    follower.dispatch({ type: 'record.changed' })
    follower.run()
    follower.reject()
    follower.run()
    expect(follower.state.stamp).toMatchObject({ generation: 2, rejected: true })
    expect(subject.store.read(subject.now)?.value).toBe(older)
  })

  it('does not disturb whoever is renewing already', () => {
    const { subject, renewer, follower } = following()
    renewer.reject()
    renewer.answer()
    const leased = subject.store.read(subject.now)?.version
    follower.dispatch({ type: 'record.changed' })
    follower.run()
    follower.reject()
    follower.run()
    expect(subject.store.read(subject.now)?.version).toBe(leased)
  })
})

describe('an explanation', () => {
  const decision = (session: Session) => explain(session.state, session.now, session.policy).decision

  it('names what a caller would get, at every stage', () => {
    const session = new Session(world())
    expect(decision(session)).toBe('obtain')
    session.ask()
    expect(decision(session)).toBe('wait_for_renewal')
    expect(inProse(explain(session.state, session.now, session.policy))).toContain('record is being read')
    session.run()
    expect(decision(session)).toBe('serve')
    expect(inProse(explain(session.state, session.now, session.policy))).toContain('1 h of life left')
    session.world.now += 3_600_000 - 60_000
    expect(decision(session)).toBe('serve_and_renew')
    expect(inProse(explain(session.state, session.now, session.policy))).toContain('1 min of life left')
    session.world.now += 60_000
    expect(inProse(explain(session.state, session.now, session.policy))).toContain('it has lapsed')
    session.reject()
    expect(inProse(explain(session.state, session.now, session.policy))).toContain('it was rejected')
    const other = new Session(session.world)
    session.ask()
    session.answer()
    other.ask()
    other.run()
    expect(decision(other)).toBe('wait_for_lease')
    expect(inProse(explain(other.state, other.now, other.policy))).toContain('another process')
    session.respond(refusal('invalid_client', 401))
    session.run()
    const explained = explain(session.state, session.now, session.policy)
    expect(explained).toMatchObject({
      decision: 'fail_fast',
      attempts: 1,
      storeReachable: true,
      failure: { code: 'invalid_client', retryAfterMs: 30_000 },
    })
    expect(inProse(explained)).toContain('due in 30 s')
  })

  it('says when only a new grant helps, and when it acts by itself', () => {
    const session = new Session(world(), { keepWarm: true })
    session.dispatch({ type: 'timer.fired' })
    session.run()
    expect(explain(session.state, session.now, session.policy).nextActionAt).toBe(session.wakeAt)
    session.state = {
      ...session.state,
      stamp: undefined,
      trouble: {
        failure: { kind: 'reauthorize', code: 'grant_dropped', message: '' },
        attempts: 1,
        until: Number.POSITIVE_INFINITY,
      },
    }
    expect(inProse(explain(session.state, session.now, session.policy))).toContain('only a new grant')
  })

  it('holds no token and no client id', () => {
    const session = new Session(world())
    session.ask()
    session.run()
    expect(JSON.stringify(explain(session.state, session.now, session.policy))).not.toContain('SECRET')
  })
})
