import type { LimiterEvent } from '@evergrant/core'
import { atRest, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { InsuredCount } from '../src/insured-count.ts'
import { MemoryCount } from '../src/memory-count.ts'

/** A count whose shared half does as it is told: it answers, fails, or says nothing. */
function subject() {
  const clock = virtualClock()
  const state = { mood: 'answers' as 'answers' | 'fails' | 'hangs', asked: 0, paused: 0 }
  const events: LimiterEvent[] = []
  const react = <Value>(value: Value): Promise<Value> => {
    if (state.mood === 'fails') return Promise.reject(new Error('no'))
    return state.mood === 'hangs' ? new Promise(() => undefined) : Promise.resolve(value)
  }
  const shared = {
    take() {
      state.asked += 1
      return react(0)
    },
    async pause() {
      state.paused += 1
      return react(undefined)
    },
    close: async () => undefined,
  }
  const local = new MemoryCount({ calls: 2, windowMs: 60_000 }, clock, 10)
  const count = new InsuredCount(shared, local, {
    instead: 'local',
    timeoutMs: 500,
    clock,
    onEvent: event => events.push(event),
  })
  return { clock, state, events, count }
}

describe('a count that is insured', () => {
  it('waits for a server that says nothing once, and then asks it now and then only', async () => {
    const { clock, state, events, count } = subject()
    await count.take('x')
    state.mood = 'hangs'
    const answer = count.take('x')
    await clock.advance(500)
    // One call was admitted before; the second is the last that the local limit has.
    expect(await answer).toBe(0)
    for (let i = 0; i < 10; i++) expect(count.take('x')).toBeGreaterThan(0)
    expect(state.asked).toBe(2)
    await clock.advance(500)
    expect(count.take('x')).toBeInstanceOf(Promise)
    expect(typeof count.take('x')).toBe('number')
    expect(state.asked).toBe(3)
    expect(events).toMatchObject([{ type: 'limiter.unreachable', instead: 'local' }])
  })

  it('says that it can ask again, once', async () => {
    const { clock, state, events, count } = subject()
    state.mood = 'fails'
    await count.take('x')
    state.mood = 'answers'
    await clock.advance(500)
    await count.take('x')
    await count.take('x')
    expect(events.map(({ type }) => type)).toEqual(['limiter.unreachable', 'limiter.recovered'])
  })

  it('gives the first answer more time, for which a connection has to be made', async () => {
    const { clock, state, events, count } = subject()
    state.mood = 'hangs'
    const answer = count.take('x')
    await clock.advance(1_999)
    expect(events).toEqual([])
    await clock.advance(1)
    expect(await answer).toBe(0)
    expect(events).toHaveLength(1)
  })

  it('has nothing to tell of a pause that cannot be shared', async () => {
    const { clock, state, events, count } = subject()
    state.mood = 'fails'
    count.pause('x', 1_000)
    await atRest()
    expect([state.paused, events]).toEqual([1, []])
    await count.take('x')
    expect(count.take('x')).toBe(1_000)
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })

  it('is not disturbed by a listener that throws', async () => {
    const clock = virtualClock()
    const broken = {
      take: () => Promise.reject(new Error('no')),
      pause: async () => undefined,
      close: async () => undefined,
    }
    const local = new MemoryCount({ calls: 2, windowMs: 60_000 }, clock, 10)
    const onEvent = () => {
      throw new Error('the log is full')
    }
    const count = new InsuredCount(broken, local, { instead: 'local', timeoutMs: 1, clock, onEvent })
    expect(await count.take('x')).toBe(0)
  })
})
