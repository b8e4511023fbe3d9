import { held, jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { failureOf, rig } from './support/rig.ts'

/** A source whose first token request waits. */
function cold() {
  const subject = rig()
  const answer = held()
  subject.transport.expect(answer.step)
  return { ...subject, answer }
}

describe('callers who ask at the same moment', () => {
  it('share a promise, and one place in the queue', async () => {
    const { source, answer } = cold()
    const first = source.token()
    const crowd = Array.from({ length: 1_000 }, () => source.token())
    expect(new Set([first, ...crowd]).size).toBe(1)
    await answer.arrived
    expect(source.explain()?.waiters).toBe(1)
    answer.answer(jsonResponse({ access_token: 'token-1', expires_in: 3600 }))
    expect((await first).accessToken).toBe('token-1')
  })

  it('share nothing with those who want something of their own, or come later', async () => {
    const { source, clock, answer } = cold()
    const first = source.token()
    const choosy = source.token({ minValidForMs: 1 })
    await clock.advance(1)
    const later = source.token()
    expect(new Set([first, choosy, later]).size).toBe(3)
    await answer.arrived
    expect(source.explain()?.waiters).toBe(3)
    answer.answer(jsonResponse({ access_token: 'token-1', expires_in: 3600 }))
    await Promise.all([first, choosy, later])
  })

  it('share nothing when something has happened in between', async () => {
    const { source, answer } = cold()
    const first = source.token()
    source.reject('another')
    const second = source.token()
    expect(second).not.toBe(first)
    await answer.arrived
    answer.answer(jsonResponse({ access_token: 'token-1', expires_in: 3600 }))
    expect(await second).toBe(await first)
  })

  it('all hear of a failure, and the next who asks is not told the old one', async () => {
    const { source, transport, clock } = rig()
    transport.expect({ status: 400, headers: [], body: '{"error":"unauthorized_client"}' })
    const failures = [failureOf(source.token()), failureOf(source.token())]
    await clock.advance(0)
    for (const each of await Promise.all(failures))
      expect(each).toMatchObject({ code: 'unauthorized_client' })
    const probe = source.token({ probe: true })
    await clock.advance(0)
    expect((await probe).accessToken).toBe('token-1')
    expect((await source.token()).accessToken).toBe('token-1')
  })
})
