import { describe, expect, it } from 'vitest'
import type { GrantPolicyInput } from '../../src/index.ts'
import { refusal } from '../support/fake-server.ts'
import { pass, Session, USER, type World, world } from '../support/session.ts'

function sessionOf(subject: World, policy: Partial<GrantPolicyInput> = {}): Session {
  return new Session(subject, { leaseUnseen: true, ...policy })
}

/** The operations that a session starts until it comes to rest, each answered as it comes. */
function operationsOf(session: Session): string[] {
  const types: string[] = []
  while (session.operation !== undefined) {
    types.push(session.operation.type)
    session.answer()
  }
  return types
}

describe('a session that may try for the lease before it has seen the record', () => {
  it('needs no read where there is none', () => {
    const session = sessionOf(world())
    const waiter = session.ask()
    expect(operationsOf(session)).toEqual(['write', 'request', 'write'])
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })

  it('learns from the refusal who else asks, and reads once more when that one is done', () => {
    const subject = world()
    const [first, second] = [sessionOf(subject), sessionOf(subject)]
    first.ask()
    first.answer()
    const waiter = second.ask()
    expect([operationsOf(second), second.phase]).toEqual([['write'], 'waiting'])
    first.run()
    second.dispatch({ type: 'record.changed' })
    expect(operationsOf(second)).toEqual(['read'])
    expect(second.token(waiter)).toBe('access-SECRET-1')
    expect(subject.server.requests).toBe(1)
  })

  it('is given the token that the refusal brings', () => {
    const subject = world()
    const first = sessionOf(subject)
    first.ask()
    first.run()
    const second = sessionOf(subject)
    const waiter = second.ask()
    expect(operationsOf(second)).toEqual(['write'])
    expect(second.token(waiter)).toBe('access-SECRET-1')
    expect(subject.store.history).toHaveLength(2)
  })

  it('takes part in the pause after a failure that another one had', () => {
    const subject = world()
    const first = sessionOf(subject)
    first.ask()
    first.answer()
    first.respond(refusal('invalid_client', 401))
    first.run()
    const second = sessionOf(subject)
    const waiter = second.ask()
    second.run()
    expect(second.failure(waiter).kind).toBe('configure')
    expect(subject.server.requests).toBe(0)
  })

  it('does so once: what it has seen since is what its next writes expect', () => {
    const subject = world()
    const session = sessionOf(subject)
    session.ask()
    session.run()
    session.reject()
    session.ask()
    expect(operationsOf(session)).toEqual(['write', 'request', 'write'])
    expect(subject.server.requests).toBe(2)
  })

  it('reads at once when the store cannot write, which may be all that it cannot do', () => {
    const subject = world()
    const first = sessionOf(subject)
    first.ask()
    first.run()
    const second = sessionOf(subject)
    const waiter = second.ask()
    second.failStore()
    expect(operationsOf(second)).toEqual(['read'])
    expect(second.token(waiter)).toBe('access-SECRET-1')
  })

  it('goes on with a lease that was written though the store said that it was not', () => {
    const subject = world()
    const session = sessionOf(subject)
    const waiter = session.ask()
    session.failStore(true)
    expect(operationsOf(session)).toEqual(['read', 'write', 'request', 'write'])
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(subject.server.requests).toBe(1)
  })

  it('does not wait for a second answer of a store that has let it wait for as long as it may', () => {
    const subject = world()
    const session = sessionOf(subject)
    const waiter = session.ask()
    subject.now += session.policy.storeTimeoutMs
    session.failStore()
    expect(session.operation?.type).toBe('request')
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })

  it('counts a failure of the read that follows like any other', () => {
    const subject = world()
    const session = sessionOf(subject, { unguardedIntervalMs: 10_000 })
    const waiter = session.ask()
    session.failStore()
    session.failStore()
    expect(session.operation?.type).toBe('request')
    session.answer()
    expect(session.token(waiter)).toBe('access-SECRET-1')
  })
})

describe('the record is read first', () => {
  it('by followers, who never ask', () => {
    const session = sessionOf(world(), { role: 'follower' })
    session.ask()
    expect(session.operation?.type).toBe('read')
  })

  it('where a refresh token would be used up', () => {
    const subject = world()
    const seedRefreshToken = subject.server.authorize()
    const session = sessionOf(subject, { identity: USER, seedRefreshToken })
    session.ask()
    expect(session.operation?.type).toBe('read')
  })

  it('after a hint at a change of what was seen', () => {
    const subject = world()
    const session = sessionOf(subject)
    session.ask()
    session.run()
    session.dispatch({ type: 'record.changed' })
    expect(operationsOf(session)).toEqual(['read'])
    pass(1_000, session)
    expect(subject.server.requests).toBe(1)
  })
})
