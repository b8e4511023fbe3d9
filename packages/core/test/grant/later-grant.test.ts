import { describe, expect, it } from 'vitest'
import { json, refusal } from '../support/fake-server.ts'
import { Session, USER, type World, world } from '../support/session.ts'

function receive(subject: World, session: Session): void {
  session.receive(subject.server.signIn(session.now, subject.now))
  session.run()
}

function hear(session: Session): void {
  session.dispatch({ type: 'record.changed' })
  session.run()
}

/** A session that holds the third generation of a grant, which the store has lost. */
function holding(): { subject: World; holder: Session; newcomer: Session } {
  const subject = world()
  const [holder, newcomer] = [
    new Session(subject, { identity: USER }),
    new Session(subject, { identity: USER }),
  ]
  receive(subject, holder)
  for (let i = 0; i < 2; i++) {
    holder.reject()
    holder.ask()
    holder.run()
    subject.now += holder.policy.freshForMs
  }
  expect(holder.state.stamp?.generation).toBe(3)
  subject.store.flush()
  return { subject, holder, newcomer }
}

describe('when a store has lost its numbers, a grant that is received', () => {
  it('goes before what is held of an earlier one', () => {
    const { subject, holder, newcomer } = holding()
    receive(subject, newcomer)
    hear(holder)
    const granted = newcomer.state.stamp?.tokens.accessToken
    expect(holder.token(holder.ask())).toBe(granted)
    hear(newcomer)
    expect(newcomer.token(newcomer.ask())).toBe(granted)
  })

  it('is renewed in the place of the earlier one, though that may still be served', () => {
    const { subject, holder, newcomer } = holding()
    subject.server.lifeSeconds = 60
    receive(subject, newcomer)
    subject.now += 60_000
    hear(holder)
    expect(holder.state.stamp?.generation).toBe(3)
    expect(newcomer.state.known?.version).toBe(subject.store.read(subject.now)?.version)
    const waiter = holder.ask({ minValidForMs: 3_599_000 })
    holder.run()
    expect(holder.failure(waiter).code).toBe('lifetime_too_short')
    expect([...subject.server.presentations.keys()].at(-1)).toBe(newcomer.state.stamp?.tokens.refreshToken)
  })

  it('is not overwritten by what is won with an earlier one', () => {
    const { subject, holder, newcomer } = holding()
    hear(holder)
    holder.reject()
    holder.ask()
    holder.answer()
    subject.store.flush()
    receive(subject, newcomer)
    holder.respond(json(200, { access_token: 'won', refresh_token: 'for-nothing', expires_in: 60 }))
    holder.run()
    expect(holder.state.known?.record?.tokens).toMatchObject({
      refreshToken: newcomer.state.stamp?.tokens.refreshToken,
    })
  })
})

describe('when a store has lost its numbers, a grant that was received meanwhile', () => {
  it('has not ended because the refresh token of an earlier one is refused', () => {
    const { subject, holder, newcomer } = holding()
    hear(holder)
    holder.reject()
    const waiter = holder.ask()
    holder.answer()
    subject.store.flush()
    receive(subject, newcomer)
    holder.respond(refusal('invalid_grant'))
    holder.run()
    expect(holder.token(waiter)).toBe(newcomer.state.stamp?.tokens.accessToken)
    expect(holder.state.trouble).toBeUndefined()
  })
})

describe('when a store has lost its numbers, a grant that is dropped', () => {
  it('is not brought back by who still holds it', () => {
    const { holder, newcomer } = holding()
    newcomer.drop()
    newcomer.run()
    hear(holder)
    expect(holder.failure(holder.ask()).code).toBe('grant_dropped')
  })
})

describe('when a store shows a record from before it was lost, a grant that was received since', () => {
  it.each(['received again', 'dropped, and received again'])('goes before it: %s', how => {
    const subject = world()
    const session = new Session(subject, { identity: USER })
    receive(subject, session)
    const first = subject.store.read(subject.now)?.value ?? ''
    session.reject()
    session.ask()
    session.run()
    subject.store.flush()
    if (how.startsWith('dropped')) {
      session.drop()
      session.run()
    }
    receive(subject, session)
    const { stamp } = session.state
    subject.store.plant(first, subject.now)
    hear(session)
    expect(session.token(session.ask())).toBe(stamp?.tokens.accessToken)
    expect(session.state.stamp).toMatchObject({ generation: stamp?.generation })
  })
  it('remembers what was carried out in the one that was lost', () => {
    const subject = world()
    const session = new Session(subject, { identity: USER })
    receive(subject, session)
    const { commands } = session.state.stamp ?? {}
    subject.store.flush()
    session.dispatch({ type: 'record.changed' })
    session.answer()
    expect(session.state.known?.record).toBeUndefined()
    receive(subject, session)
    expect(session.state.stamp?.commands).toEqual([...(commands ?? []), expect.any(String)])
  })
})

describe('when a store has fallen behind, a grant that a newcomer finds ended', () => {
  it('goes on with the later refresh token that somebody still holds', () => {
    const subject = world()
    const [holder, newcomer] = [
      new Session(subject, { identity: USER }),
      new Session(subject, { identity: USER }),
    ]
    receive(subject, holder)
    const behind = subject.store.read(subject.now)?.value ?? ''
    subject.now += holder.policy.freshForMs
    holder.reject()
    holder.ask()
    holder.run()
    expect(holder.state.stamp?.generation).toBe(2)
    subject.store.plant(behind, subject.now)
    newcomer.ask()
    newcomer.run()
    newcomer.reject()
    const refused = newcomer.ask()
    newcomer.run()
    expect(newcomer.failure(refused).code).toBe('invalid_grant')
    hear(holder)
    expect(holder.state.trouble).toBeUndefined()
    expect(subject.store.read(subject.now)?.value).not.toContain('invalid_grant')
    hear(newcomer)
    expect(newcomer.token(newcomer.ask())).toBe(holder.state.stamp?.tokens.accessToken)
  })
})
