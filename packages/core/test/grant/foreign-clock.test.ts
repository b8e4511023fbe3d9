import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../src/digest/fingerprint.ts'
import { emptyRecord } from '../../src/record/grant-record.ts'
import { encodeRecord } from '../../src/record/record-codec.ts'
import { json } from '../support/fake-server.ts'
import { FakeStore } from '../support/fake-store.ts'
import { CLIENT, pass, Session, type World, world } from '../support/session.ts'

const HOUR = 3_600_000

function withoutClock(lifeSeconds: number): World {
  const subject = world({ store: new FakeStore(false) })
  subject.server.lifeSeconds = lifeSeconds
  return subject
}

function renew(session: Session): void {
  session.reject()
  session.ask()
  session.run()
}

describe('where the store tells no time, a foreign token', () => {
  it('that is rejected while fresh is known to be fresh', () => {
    const subject = withoutClock(HOUR / 1_000)
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    renew(first)
    second.ask()
    second.run()
    second.reject()
    expect(second.failure(second.ask()).code).toBe('token_rejected_again')
    expect(subject.server.requests).toBe(2)
  })

  it('counts as a fresh one that was replaced, too', () => {
    const subject = withoutClock(HOUR / 1_000)
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    renew(first)
    second.ask()
    second.run()
    second.reject()
    pass(second.policy.latchMs, second)
    second.ask()
    second.run()
    expect(second.state.stamp?.replaces).toBe(2)
  })

  it('does not live shorter for having been written back by who only guesses at its life', () => {
    const subject = withoutClock(HOUR / 1_000)
    const [first, second, third] = [new Session(subject), new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    for (const each of [third, second]) {
      each.ask()
      each.run()
    }
    const { lapsesAt } = third.state.stamp ?? {}
    subject.now = (third.state.stamp?.dueAt ?? 0) - 1
    // Both fail to renew, one after the other, and write what they know of the token.
    for (const each of [second, third]) {
      subject.now += 10_000
      each.dispatch({ type: 'record.changed' })
      each.run()
      each.ask({ minValidForMs: HOUR / 2 })
      each.answer()
      if (each.operation?.type === 'read') each.answer()
      each.respond(json(503, {}))
      each.run()
    }
    third.dispatch({ type: 'record.changed' })
    third.run()
    expect(third.state.stamp?.lapsesAt).toBe(lapsesAt)
  })

  it('that lives too short for a caller is not renewed in vain', () => {
    const subject = withoutClock(HOUR / 1_000)
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.run()
    second.ask()
    second.run()
    const waiter = second.ask({ minValidForMs: 2 * HOUR })
    expect(second.failure(waiter).code).toBe('lifetime_too_short')
  })

  it('that may be over does not take the place of one that is not', () => {
    const subject = withoutClock(300)
    const [first, second] = [new Session(subject), new Session(subject)]
    for (const session of [first, second, first]) {
      session.reject('')
      session.ask({ minValidForMs: session === first ? 0 : 1 })
      session.run()
    }
    second.dispatch({ type: 'record.changed' })
    second.run()
    first.dispatch({ type: 'record.changed' })
    first.run()
    const { requests } = subject.server
    for (const session of [first, second]) expect(session.token(session.ask())).toMatch(/^access/)
    expect(subject.server.requests).toBe(requests)
  })

  it('that was rejected by others takes the place of one that is not known to be', () => {
    const subject = withoutClock(300)
    const [first, second] = [new Session(subject), new Session(subject)]
    second.ask()
    second.run()
    first.ask()
    first.run()
    first.reject()
    first.ask()
    first.answer()
    second.dispatch({ type: 'record.changed' })
    second.run()
    expect(second.state.stamp).toMatchObject({ generation: 2, rejected: true })
  })
})

describe('a token that was first stored in the clock of its winner', () => {
  it('is worth more to others once it stands in the clock of the store', () => {
    const subject = world()
    subject.server.lifeSeconds = 300
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.failStore()
    first.answer()
    first.answer()
    second.ask()
    second.answer()
    expect(second.operation?.type).toBe('write')
    first.run()
    second.run()
    expect(second.token(second.ask())).toBe('access-SECRET-1')
    expect(subject.server.requests).toBe(1)
  })

  it('is not written over a lease that others have taken meanwhile', () => {
    const subject = world()
    subject.server.lifeSeconds = 300
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.failStore()
    first.answer()
    first.answer()
    second.ask()
    second.answer()
    second.answer()
    expect(second.phase).toBe('refreshing')
    first.run()
    second.run()
    expect(second.state.stamp).toMatchObject({ generation: 2, saved: true })
    expect(first.reports).not.toContainEqual(expect.objectContaining({ type: 'renewal.overtaken' }))
  })
})

describe('tokens that were won without the store', () => {
  /** The second has its own, stored though it does not know; the first is about to build on them. */
  function stored(): { subject: World; winner: Session; heir: Session } {
    const subject = withoutClock(60)
    const [winner, heir] = [new Session(subject), new Session(subject)]
    winner.ask()
    winner.failStore()
    winner.answer()
    winner.failStore(true)
    heir.ask()
    heir.answer()
    heir.answer()
    expect(heir.phase).toBe('refreshing')
    return { subject, winner, heir }
  }

  it('give way to a lease that was taken over them', () => {
    const { winner, heir } = stored()
    pass(1_000, winner)
    heir.run()
    expect(heir.state.stamp).toMatchObject({ generation: 2, saved: true })
  })

  it('give way to what was won with them', () => {
    const { winner, heir } = stored()
    heir.run()
    pass(1_000, winner)
    heir.dispatch({ type: 'record.changed' })
    heir.run()
    expect(heir.state.stamp).toMatchObject({ generation: 2, saved: true })
  })

  it('are given to a store that has lost what they had given way to', () => {
    const subject = world()
    const session = new Session(subject)
    session.ask()
    session.failStore()
    session.answer()
    subject.store.plant('{"format":2}', subject.now)
    session.run()
    subject.store.flush()
    session.dispatch({ type: 'record.changed' })
    session.run()
    const cold = new Session(subject)
    const waiter = cold.ask()
    cold.run()
    expect(cold.token(waiter)).toBe('access-SECRET-1')
  })
})

describe('a token that was won without the store and rejected before it was stored', () => {
  it('is not served again, and gives way to whatever others have stored', () => {
    const subject = withoutClock(60)
    const [first, second] = [new Session(subject), new Session(subject)]
    for (const session of [first, second]) {
      session.ask()
      session.failStore()
      session.answer()
    }
    second.run()
    first.reject()
    const waiter = first.ask()
    first.run()
    expect(first.token(waiter)).toBe('access-SECRET-3')
    expect(first.state.known?.record?.generation).toBe(2)
  })
})

describe('a token that a provider gives again', () => {
  it('stays rejected, though the store has it under another number', () => {
    const subject = withoutClock(300)
    const [first, second] = [new Session(subject), new Session(subject)]
    const again = json(200, { access_token: 'again', expires_in: 300 })
    const renewed = (session: Session) => {
      session.answer()
      session.respond(again)
      session.run()
    }
    first.ask()
    first.answer()
    renewed(first)
    second.ask()
    second.answer()
    renewed(second)
    first.dispatch({ type: 'record.changed' })
    first.run()
    expect(first.state).toMatchObject({ stamp: { generation: 1 }, known: { record: { generation: 2 } } })
    first.reject()
    const waiter = first.ask()
    renewed(first)
    expect(first.failure(waiter).code).toBe('token_rejected_again')
  })

  it('stays rejected in the store when it is won once more without the store', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    const again = json(200, { access_token: 'again', expires_in: 3600 })
    first.ask()
    first.run()
    first.reject()
    first.ask()
    first.answer()
    first.respond(again)
    first.run()
    second.ask()
    second.failStore()
    subject.now += first.policy.freshForMs
    first.reject()
    first.ask()
    first.answer()
    second.respond(again)
    second.run()
    expect(second.state.stamp?.rejected).toBe(true)
    expect(second.state.known?.record).toMatchObject({ generation: 2, rejected: true })
  })

  /** A session that knows of no token obtains the one that is given again. */
  function obtainAgain(session: Session): void {
    session.ask()
    session.answer()
    session.answer()
    session.respond(json(200, { access_token: 'again', expires_in: 3600 }))
    session.run()
  }

  it('stays rejected for whoever has rejected it late, when another one was held already', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    obtainAgain(first)
    subject.now += 3_500_000
    renew(first)
    first.reject(fingerprintOf('again'))
    subject.now += 3_500_000
    obtainAgain(second)
    first.dispatch({ type: 'record.changed' })
    first.run()
    expect(first.state.stamp).toMatchObject({ fingerprint: fingerprintOf('again'), rejected: true })
  })

  it('stays rejected for whoever has rejected it, though others do not know', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    obtainAgain(first)
    second.ask()
    second.run()
    subject.now += 3_500_000
    first.reject()
    second.ask()
    second.answer()
    second.respond(json(200, { access_token: 'again', expires_in: 3600 }))
    second.run()
    first.dispatch({ type: 'record.changed' })
    first.run()
    expect(first.state.stamp).toMatchObject({ generation: 2, rejected: true })
  })
})

describe('a pause in its writer’s clock', () => {
  it('is kept by the whole fleet, as clocks mostly agree', () => {
    const subject = withoutClock(HOUR / 1_000)
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.answer()
    first.answer()
    first.respond({ ...json(429, {}), headers: [['retry-after', '300']] })
    first.run()
    second.ask()
    second.run()
    expect(second.state.trouble?.until).toBe(first.state.trouble?.until)
    expect(subject.server.requests).toBe(0)
  })
})

describe('a record in its writer’s clock, in a store that has one', () => {
  /** A holder of a token, whose store has fallen back to a record whose instants only its writer knows. */
  function fallenBack(writerOf: (holder: Session) => string = () => 'somebody else'): {
    subject: World
    holder: Session
  } {
    const subject = world()
    const holder = new Session(subject)
    holder.ask()
    holder.run()
    const record = holder.state.known?.record ?? emptyRecord(CLIENT)
    subject.store.plant(encodeRecord({ ...record, writer: writerOf(holder) }, 'writer'), subject.now)
    return { subject, holder }
  }

  it('is put into the store’s clock by whoever holds the same and knows better', () => {
    const { subject, holder } = fallenBack()
    holder.dispatch({ type: 'record.changed' })
    holder.run()
    const wrong = new Session(subject)
    wrong.skewMs = -4 * 60_000
    const waiter = wrong.ask()
    wrong.run()
    expect(wrong.token(waiter)).toBe('access-SECRET-1')
    expect(wrong.state.stamp?.estimatedSince).toBeUndefined()
    expect(subject.server.requests).toBe(1)
  })

  it('is put into it by its own writer, too', () => {
    const { subject, holder } = fallenBack(({ policy }) => policy.holder)
    holder.dispatch({ type: 'record.changed' })
    holder.run()
    expect(subject.store.read(subject.now)?.value).toContain('"clock":"store"')
  })

  it('is left as it is by who only knows it from there', () => {
    const { subject } = fallenBack()
    const reader = new Session(subject)
    reader.ask()
    reader.run()
    reader.dispatch({ type: 'record.changed' })
    const { version } = subject.store.read(subject.now) ?? {}
    reader.run()
    expect(subject.store.read(subject.now)?.version).toBe(version)
  })
})
