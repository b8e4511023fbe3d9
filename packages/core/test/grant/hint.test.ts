import { describe, expect, it } from 'vitest'
import type { Version } from '../../src/index.ts'
import { Session, world } from '../support/session.ts'

describe('a hint', () => {
  /** A session that holds a token and has nothing to do. */
  const holder = () => {
    const subject = world()
    const session = new Session(subject)
    session.ask()
    session.run()
    expect(session.operation).toBeUndefined()
    return { session, stored: () => subject.store.read(subject.now)?.version as Version }
  }

  it('that names the version one has is no news: one’s own write is not read again', () => {
    const { session, stored } = holder()
    session.dispatch({ type: 'record.changed', version: stored() })
    expect(session.operation).toBeUndefined()
  })

  it('that names another version, or none, has the record read', () => {
    for (const hint of [{ version: 'another' as Version }, {}]) {
      const { session } = holder()
      session.dispatch({ type: 'record.changed', ...hint })
      expect(session.operation?.type).toBe('read')
    }
  })

  it('that comes before the answer to the write it tells of is no news either', () => {
    const subject = world()
    const session = new Session(subject)
    session.ask()
    for (const phase of ['leasing', 'refreshing', 'committing']) {
      session.answer()
      expect(session.phase).toBe(phase)
    }
    const lease = subject.store.read(subject.now)?.version as Version
    session.dispatch({ type: 'record.changed', version: lease })
    // The fake store numbers its versions: this is the one that the commit will have.
    session.dispatch({ type: 'record.changed', version: 'v2' as Version })
    session.answer()
    expect(subject.store.read(subject.now)?.version).toBe('v2')
    expect([session.phase, session.operation]).toEqual(['held', undefined])
  })

  it('at what one had before is no news after the next write either', () => {
    const subject = world()
    const session = new Session(subject)
    session.ask()
    session.answer()
    session.answer()
    session.dispatch({ type: 'record.changed', version: subject.store.read(subject.now)?.version as Version })
    session.answer()
    session.answer()
    expect([session.phase, session.operation]).toEqual(['held', undefined])
  })

  it('without a name is not forgotten over one that has a name', () => {
    const subject = world()
    const session = new Session(subject)
    session.ask()
    for (let i = 0; i < 3; i++) session.answer()
    session.dispatch({ type: 'record.changed' })
    session.dispatch({ type: 'record.changed', version: 'v2' as Version })
    session.answer()
    expect(session.operation?.type).toBe('read')
  })
})
