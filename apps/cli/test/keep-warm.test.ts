import type { Token } from '@evergrant/runtime'
import { virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { keepWarm } from '../src/agent/keep-warm.ts'

/** A source whose client id cannot be read the first times. */
function lateSource(failures: number) {
  let watched = 0
  const error = new Error('not there yet')
  return {
    error,
    get watched() {
      return watched
    },
    async *watch(): AsyncGenerator<Token, void, undefined> {
      watched += 1
      if (watched <= failures) throw error
      await new Promise(() => undefined)
    },
  }
}

describe('a source that is to be kept warm', () => {
  it('is tried again until it can be, and each failure is told', async () => {
    const clock = virtualClock()
    const source = lateSource(2)
    const told: unknown[] = []
    keepWarm(source, clock, new AbortController().signal, error => told.push(error))
    await clock.advance(0)
    expect([source.watched, told]).toEqual([1, [source.error]])
    await clock.advance(9_999)
    expect(source.watched).toBe(1)
    await clock.advance(20_000)
    expect([source.watched, told]).toEqual([3, [source.error, source.error]])
  })

  it('is not tried again once that is over', async () => {
    const clock = virtualClock()
    const source = lateSource(2)
    const leave = new AbortController()
    keepWarm(source, clock, leave.signal, () => undefined)
    await clock.advance(0)
    leave.abort()
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(source.watched).toBe(1)
  })
})
