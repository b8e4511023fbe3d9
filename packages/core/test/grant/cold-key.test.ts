import { describe, expect, it } from 'vitest'
import { encodeRecord, grantIdentity } from '../../src/index.ts'
import { emptyRecord } from '../../src/record/grant-record.ts'
import { FakeStore } from '../support/fake-store.ts'
import { CLIENT, pass, Session, world } from '../support/session.ts'

describe('a cold key', () => {
  it('is read, leased, requested and committed, in this order', () => {
    const session = new Session(world())
    const waiter = session.ask()
    const phases = [session.phase]
    while (session.operation !== undefined) {
      session.answer()
      phases.push(session.phase)
    }
    expect(phases).toEqual(['reading', 'leasing', 'refreshing', 'committing', 'held'])
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })

  it('costs one token request however many callers there are, and each gets one reply', () => {
    const session = new Session(world())
    const waiters = Array.from({ length: 1000 }, () => session.ask())
    session.run()
    expect(session.world.server.requests).toBe(1)
    expect(new Set(waiters.map(waiter => session.token(waiter)))).toEqual(new Set(['access-SECRET-1']))
    expect([...session.replies.values()].every(outcomes => outcomes.length === 1)).toBe(true)
  })

  it('is asked for by one process while the others wait for the record', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    const waiters = [first.ask(), second.ask()]
    first.answer()
    first.answer()
    second.answer()
    expect(second.phase).toBe('waiting')
    first.run()
    second.dispatch({ type: 'record.changed' })
    second.run()
    expect(second.token(waiters[1] as number)).toBe(first.token(waiters[0] as number))
    expect(subject.server.requests).toBe(1)
  })

  it('reaches the others within one poll when the hint is lost', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    first.answer()
    first.answer()
    const waiter = second.ask()
    second.run()
    first.run()
    pass(second.policy.pollMs, second)
    expect(second.token(waiter)).toBe('access-SECRET-1')
  })

  it('is one lost race, not one more request, when two processes lease at once', () => {
    const subject = world()
    const [first, second] = [new Session(subject), new Session(subject)]
    first.ask()
    second.ask()
    first.answer()
    second.answer()
    first.answer()
    second.answer()
    expect([first.phase, second.phase]).toEqual(['refreshing', 'waiting'])
  })
})

describe('what the store holds', () => {
  it('is a miss when it is garbage, and is overwritten', () => {
    const subject = world()
    subject.store.plant('{"format":1,"identity":', subject.now)
    const session = new Session(subject)
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })

  it('is a miss when it is the record of another identity', () => {
    const subject = world()
    const other = grantIdentity({ ...CLIENT, clientId: 'another-client' })
    const theirs = { ...emptyRecord(other), fence: 7, generation: 7, writer: 'x' }
    subject.store.plant(encodeRecord(theirs, 'store'), subject.now)
    const session = new Session(subject)
    session.ask()
    session.run()
    expect(session.state.stamp?.generation).toBe(1)
  })

  it('is left untouched when a later version of the software wrote it', () => {
    const subject = world()
    const future = '{"format":2,"tokens":"in a form nobody knows yet"}'
    subject.store.plant(future, subject.now)
    const session = new Session(subject)
    const waiter = session.ask()
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'configure', code: 'record_newer' })
    expect(subject.store.read(subject.now)?.value).toBe(future)
  })

  it('is left untouched when it is sealed, and this process has no keyring', () => {
    const subject = world()
    const envelope = 'evs1.k1.c2FsdA..AAECAwQ'
    subject.store.plant(envelope, subject.now)
    const session = new Session(subject)
    const waiter = session.ask()
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'configure', code: 'record_sealed' })
    const dropping = session.drop()
    session.run()
    expect(session.failure(dropping).code).toBe('record_sealed')
    expect(subject.store.read(subject.now)?.value).toBe(envelope)
  })

  it('refuses a command over a record of a later version', () => {
    const subject = world()
    subject.store.plant('{"format":2}', subject.now)
    const session = new Session(subject)
    const waiter = session.drop()
    session.run()
    expect(session.failure(waiter).code).toBe('record_newer')
    expect(subject.store.read(subject.now)?.value).toBe('{"format":2}')
    // Now that it was seen, no less.
    const again = session.drop()
    session.run()
    expect(session.failure(again).code).toBe('record_newer')
    expect(subject.store.read(subject.now)?.value).toBe('{"format":2}')
  })
})

describe('a lease whose holder died', () => {
  it('lapses when the store says that it is old enough', () => {
    const subject = world()
    const [dead, heir] = [new Session(subject), new Session(subject)]
    dead.ask()
    dead.answer()
    dead.answer()
    const waiter = heir.ask()
    heir.run()
    pass(heir.policy.leaseMs - 1, heir)
    expect(heir.phase).toBe('waiting')
    pass(1, heir)
    expect(heir.token(waiter)).toBe('access-SECRET-1')
  })

  it('lapses after being watched for as long, where the store has no clock', () => {
    const subject = world({ store: new FakeStore(false) })
    const [dead, heir] = [new Session(subject), new Session(subject)]
    dead.ask()
    dead.answer()
    dead.answer()
    const waiter = heir.ask()
    heir.run()
    pass(heir.policy.leaseMs - 1, heir)
    expect(heir.outcome(waiter)).toBeUndefined()
    pass(heir.policy.pollMs + 1, heir)
    expect(heir.token(waiter)).toBe('access-SECRET-1')
  })

  it("does not lapse because the watcher's clock jumps", () => {
    const subject = world({ store: new FakeStore(false) })
    const [holder, other] = [new Session(subject), new Session(subject)]
    holder.ask()
    holder.answer()
    holder.answer()
    other.ask({ timeoutMs: 1_000_000 })
    other.run()
    other.skewMs += 300_000
    pass(0, other)
    expect(other.phase).toBe('waiting')
    expect(subject.server.requests).toBe(0)
  })

  it('is taken back by its own holder at once', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.failStore(true)
    session.failTransport('not_sent')
    pass(20_000, session)
    session.ask()
    session.run()
    expect(session.state.stamp?.generation).toBeGreaterThan(1)
  })
})

describe('a paused process', () => {
  it('does not send under a lease that has been over for a while', () => {
    const subject = world()
    const [paused, heir] = [new Session(subject), new Session(subject)]
    paused.ask({ timeoutMs: 100_000 })
    paused.answer()
    const lease = paused.take()
    if (lease.type !== 'write') throw new Error('a lease was expected')
    const result = subject.store.write(lease.change, subject.now)
    if (!result.written) throw new Error('it is free')
    subject.now += 60_000
    heir.ask()
    heir.run()
    expect(subject.server.requests).toBe(1)
    paused.dispatch({
      type: 'record.written',
      op: lease.op,
      version: result.version,
      sentAt: paused.now - 60_000,
    })
    paused.run()
    expect(subject.server.requests).toBe(1)
    expect(paused.state.stamp?.tokens.accessToken).toBe('access-SECRET-1')
  })
})
