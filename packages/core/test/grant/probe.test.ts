import { describe, expect, it } from 'vitest'
import { fail } from '../../src/index.ts'
import { json, refusal } from '../support/fake-server.ts'
import { pass, Session, world } from '../support/session.ts'

/** A session whose client was refused just now. */
function latched(): Session {
  const session = new Session(world())
  session.ask()
  session.answer()
  session.answer()
  session.respond(refusal('invalid_client', 401))
  session.run()
  return session
}

describe('a caller who insists', () => {
  it('has an attempt made in the middle of a latch, also of one that another process has noted', () => {
    const { world: shared } = latched()
    const other = new Session(shared)
    const waiter = other.ask({ probe: true })
    other.run()
    expect(other.token(waiter)).toBe('access-SECRET-1')
    expect(other.state.trouble).toBeUndefined()
  })

  it('has one attempt made, and the latch grows if that does not help', () => {
    const session = latched()
    const waiter = session.ask({ probe: true })
    session.answer()
    session.respond(refusal('invalid_client', 401))
    session.run()
    expect(session.failure(waiter)).toMatchObject({ code: 'invalid_client' })
    expect(session.state.trouble).toMatchObject({ attempts: 2, until: session.now + 60_000 })
    expect(session.failure(session.ask())).toMatchObject({ code: 'invalid_client' })
    expect(session.operation).toBeUndefined()
  })

  it('has no claim on a server that asks for a pause', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    session.respond(json(429, {}, [['retry-after', '120']]))
    session.run()
    const waiter = session.ask({ probe: true })
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'retry', retryAfterMs: 120_000 })
    expect(session.world.server.requests).toBe(0)
  })

  it('leaves nothing behind when a token is there already', () => {
    const session = new Session(world())
    session.ask({ probe: true })
    session.run()
    session.ask({ probe: true })
    session.run()
    expect(session.world.server.requests).toBe(1)
    expect(session.state.probing).toBe(false)
  })
})

describe('what is wrong with one process alone', () => {
  const unreadable = fail('secret_unavailable')

  it('keeps no other process from asking', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.answer()
    session.answer()
    session.failTransport('not_sent', false, unreadable)
    session.run()
    expect(session.failure(waiter)).toMatchObject({ code: 'secret_unavailable' })
    const other = new Session(session.world)
    const another = other.ask()
    other.run()
    expect(other.token(another)).toBe('access-SECRET-1')
  })

  it('is answered from memory by that process, until another one has succeeded', () => {
    const session = new Session(world())
    session.ask()
    session.answer()
    session.answer()
    session.failTransport('not_sent', false, unreadable)
    session.run()
    expect(session.failure(session.ask())).toMatchObject({ code: 'secret_unavailable' })
    const other = new Session(session.world)
    other.ask()
    other.run()
    pass(session.policy.latchMs, session)
    const waiter = session.ask()
    session.run()
    expect(session.token(waiter)).toBe('access-SECRET-1')
    expect(session.world.server.requests).toBe(1)
  })

  it('takes no pause away that the fleet keeps', () => {
    const { world: shared } = latched()
    const session = new Session(shared)
    session.ask({ probe: true })
    session.answer()
    session.answer()
    session.failTransport('not_sent', false, unreadable)
    session.run()
    const other = new Session(shared)
    const waiter = other.ask()
    other.run()
    expect(other.failure(waiter)).toMatchObject({ code: 'invalid_client' })
    expect(shared.server.requests).toBe(0)
  })
})
