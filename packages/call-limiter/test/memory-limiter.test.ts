import { EvergrantError } from '@evergrant/core'
import { atRest, virtualClock } from '@evergrant/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MemoryLimiterOptions, memoryLimiter } from '../src/index.ts'
import { admitted, failureOf, mostWithin } from './support/limits.ts'

/** A limiter on a clock that stands still, and the names of those whom it has let pass. */
function subject(options: Partial<MemoryLimiterOptions> = {}) {
  const clock = virtualClock()
  const limiter = memoryLimiter({ perSecond: 2, jitterMs: 0, clock, ...options })
  const passed: string[] = []
  const at: number[] = []
  const start = clock.now()
  const ask = (name: string, waitMsMax = 10_000, signal?: AbortSignal) =>
    limiter.admit('ocr', { waitMsMax, ...(signal && { signal }) }).then(() => {
      passed.push(name)
      at.push(clock.now() - start)
    })
  /** Asks, and does not care. */
  const queue = (name: string, waitMsMax?: number) => {
    ask(name, waitMsMax).catch(() => undefined)
  }
  return { clock, limiter, passed, at, ask, queue }
}

describe('a limit in memory', () => {
  it('lets as many calls pass at once as a second may have, and the others in their order', async () => {
    const { clock, passed, at, queue } = subject()
    for (const name of ['a', 'b', 'c', 'd', 'e']) queue(name)
    await atRest()
    expect(passed).toEqual(['a', 'b'])
    await clock.advance(10_000)
    expect(passed).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(at).toEqual([0, 0, 1_000, 1_000, 2_000])
  })

  it('has no seam at which more calls would pass', async () => {
    const { clock, at, ask, queue } = subject()
    await ask('a')
    await clock.advance(900)
    await ask('b')
    for (const name of ['c', 'd']) queue(name)
    await clock.advance(2_000)
    expect(at).toEqual([0, 900, 1_000, 1_900])
  })

  it('keeps calls further apart by as much as they may overtake one another on their way', async () => {
    const { clock, at, queue } = subject({ jitterMs: 50 })
    for (const name of ['a', 'b', 'c']) queue(name)
    await clock.advance(2_000)
    expect(at).toEqual([0, 0, 1_050])
  })

  it.each([
    [0.5, 2_000],
    [1, 1_000],
    [2.5, 800],
    [3, 1_000],
  ])('of %d calls a second is kept in the long run', async (perSecond, windowMs) => {
    const { clock, at, queue } = subject({ perSecond })
    for (let i = 0; i < 30; i++) queue('x', 100_000)
    await clock.advance(100_000)
    expect(at).toHaveLength(30)
    expect(mostWithin(at, windowMs)).toBe(Math.max(1, Math.floor(perSecond)))
    expect(29_000 / (at.at(-1) ?? 0)).toBeGreaterThanOrEqual(perSecond)
    expect(29_000 / (at.at(-1) ?? 0)).toBeLessThan(perSecond * 1.15)
  })

  it('keeps keys apart', async () => {
    const { limiter } = subject()
    expect(await admitted(limiter, 'ocr', 5)).toBe(2)
    expect(await admitted(limiter, 'asr', 5)).toBe(2)
  })

  it('turns calls away at once whose turn would come too late, and says when it would have', async () => {
    const { ask, passed, clock, queue } = subject()
    for (const name of ['a', 'b']) await ask(name)
    expect(await failureOf(ask('c', 0))).toMatchObject({
      code: 'rate_limited',
      kind: 'retry',
      retryAfterMs: 1_000,
    })
    await clock.advance(400)
    expect(await failureOf(ask('d', 599))).toMatchObject({ retryAfterMs: 600 })
    queue('e', 600)
    queue('f', 600)
    // Two have the next second already.
    expect(await failureOf(ask('g', 1_599))).toMatchObject({ retryAfterMs: 1_600 })
    await clock.advance(600)
    expect(passed).toEqual(['a', 'b', 'e', 'f'])
  })

  it('has room for so many and no more', async () => {
    const { passed, clock, limiter, queue } = subject({ waitersMax: 3 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) queue(name)
    const failure = await failureOf(limiter.admit('asr', { waitMsMax: 10_000 }))
    expect(failure).toMatchObject({ code: 'rate_limited', retryAfterMs: 1 })
    await clock.advance(1_000)
    queue('f')
    await clock.advance(10_000)
    expect(passed).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('lets a caller leave, and the next one take its turn', async () => {
    const { ask, passed, at, clock, queue } = subject({ perSecond: 1 })
    const leaving = new AbortController()
    await ask('a')
    const left = failureOf(ask('b', 10_000, leaving.signal))
    queue('c')
    await clock.advance(500)
    leaving.abort()
    expect(await left).toMatchObject({ code: 'aborted', kind: 'cancelled' })
    await clock.advance(10_000)
    expect(passed).toEqual(['a', 'c'])
    expect(at).toEqual([0, 1_000])
    expect(await failureOf(ask('d', 0, AbortSignal.abort()))).toMatchObject({ code: 'aborted' })
  })

  it('lets nobody pass while the API wants to be left alone, and never shortens the pause', async () => {
    const { ask, at, limiter, clock, queue } = subject()
    await ask('a')
    limiter.slowDown('ocr', 3_000)
    limiter.slowDown('ocr', 10)
    expect(await failureOf(ask('b', 2_999))).toMatchObject({ code: 'rate_limited', retryAfterMs: 3_000 })
    for (const name of ['c', 'd', 'e']) queue(name)
    await clock.advance(10_000)
    expect(at).toEqual([0, 3_000, 3_000, 4_000])
  })

  it('is told of a pause in the middle of the wait', async () => {
    const { ask, at, limiter, clock, queue } = subject({ perSecond: 1 })
    await ask('a')
    queue('b')
    const late = failureOf(ask('c', 2_500))
    await clock.advance(500)
    limiter.slowDown('ocr', 2_000)
    await clock.advance(10_000)
    expect(at).toEqual([0, 2_500])
    expect((await late).code).toBe('rate_limited')
  })

  it('believes no pause that makes no sense', async () => {
    const { limiter, clock, at, queue } = subject()
    limiter.slowDown('ocr', Number.NaN)
    limiter.slowDown('ocr', -1)
    expect(await admitted(limiter, 'ocr', 1)).toBe(1)
    limiter.slowDown('ocr', Number.POSITIVE_INFINITY)
    queue('a', 4_000_000)
    await clock.advance(4_000_000)
    expect(at).toEqual([3_600_000])
  })

  it('forgets the key that was called longest ago when there are too many', async () => {
    const { limiter } = subject({ keysMax: 2 })
    for (const key of ['a', 'b', 'c']) expect(await admitted(limiter, key, 3)).toBe(2)
    expect(await admitted(limiter, 'c', 1)).toBe(0)
    expect(await admitted(limiter, 'a', 1)).toBe(1)
  })

  it('sends everybody away when it is closed, and has no timers after that', async () => {
    const { ask, limiter, clock } = subject()
    for (const name of ['a', 'b']) await ask(name)
    const waiting = [failureOf(ask('c')), failureOf(ask('d'))]
    await limiter.close()
    await limiter.close()
    expect(await Promise.all(waiting)).toMatchObject([{ code: 'closed' }, { code: 'closed' }])
    expect(await failureOf(ask('e'))).toMatchObject({ code: 'closed', message: 'The limiter was closed.' })
    limiter.slowDown('ocr', 1_000)
    expect(clock.pending).toBe(0)
  })

  it('leaves nothing behind for callers who have gone', async () => {
    const { ask, clock } = subject({ perSecond: 1 })
    const leaving = new AbortController()
    await ask('a')
    const left = [failureOf(ask('b', 5_000, leaving.signal)), failureOf(ask('c', 5_000, leaving.signal))]
    leaving.abort()
    await Promise.all(left)
    expect(clock.pending).toBe(0)
  })
})

describe('whatever happens,', () => {
  const step = fc.record({
    do: fc.constantFrom('ask', 'ask', 'ask', 'abort', 'slowDown', 'pass'),
    ms: fc.nat(3_000),
  })

  it('no window holds more than it may, nobody overtakes, and everybody is answered in time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
        async (perSecond, steps) => {
          const { clock, limiter, at } = subject({ perSecond })
          const order: number[] = []
          const lateness: number[] = []
          const leavers: AbortController[] = []
          let asked = 0
          let answered = 0
          for (const { do: what, ms } of steps) {
            if (what === 'ask') {
              const name = asked++
              const leaver = new AbortController()
              leavers.push(leaver)
              const until = clock.now() + ms
              limiter
                .admit('ocr', { waitMsMax: ms, signal: leaver.signal })
                .then(
                  () => {
                    order.push(name)
                    at.push(clock.now())
                  },
                  () => undefined,
                )
                .finally(() => {
                  answered += 1
                  lateness.push(clock.now() - until)
                })
            }
            if (what === 'abort') leavers[ms % Math.max(1, leavers.length)]?.abort()
            if (what === 'slowDown') limiter.slowDown('ocr', ms)
            if (what === 'pass') await clock.advance(ms / 4)
          }
          await clock.advance(10_000)
          expect(answered).toBe(asked)
          expect(Math.max(0, ...lateness)).toBe(0)
          expect(mostWithin(at, 1_000)).toBeLessThanOrEqual(perSecond)
          expect(order).toEqual([...order].sort((a, b) => a - b))
          expect(clock.pending).toBe(0)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('an option of a limit that makes no sense', () => {
  it.each([
    ['perSecond', 0],
    ['perSecond', 10_001],
    ['perSecond', Number.NaN],
    ['jitterMs', -1],
    ['waitersMax', -1],
    ['keysMax', 0],
  ])('is refused: %s of %d', (name, value) => {
    const make = () => memoryLimiter({ perSecond: 1, [name]: value })
    expect(make).toThrow(EvergrantError)
    expect(make).toThrow(new RegExp(`Invalid option: ${name}`))
  })
})
