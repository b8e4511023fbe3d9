import { getEventListeners } from 'node:events'
import { EvergrantError, fail } from '@evergrant/core'
import { atRest, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { WaitingRoom } from '../src/waiting-room.ts'
import { failureOf } from './support/limits.ts'

/** A waiting room before a count that answers when the test says so, with 0 or with a wait in ms. */
function subject(calls = 2) {
  const clock = virtualClock()
  let holders = 0
  const questions: { answer(ms: number): void; fail(error: Error): void }[] = []
  const room = new WaitingRoom(
    {
      take: () =>
        new Promise<number>((resolve, reject) => {
          questions.push({ answer: resolve, fail: reject })
        }),
      pause: () => undefined,
    },
    {
      rate: { calls, windowMs: 1_000 },
      clock: {
        ...clock,
        hold() {
          holders += 1
          return () => {
            holders -= 1
          }
        },
      },
      waitersMax: 100,
    },
  )
  const passed: string[] = []
  const ask = (name: string, waitMsMax = 10_000, signal?: AbortSignal) =>
    room.admit('ocr', { waitMsMax, ...(signal && { signal }) }).then(() => {
      passed.push(name)
    })
  /** Asks, and does not care. */
  const queue = (name: string, waitMsMax?: number) => {
    ask(name, waitMsMax).catch(() => undefined)
  }
  const next = async (ms: number) => {
    questions.shift()?.answer(ms)
    await atRest()
  }
  return { clock, room, questions, passed, ask, queue, next, holders: () => holders }
}

describe('a waiting room before a count that takes its time', () => {
  it('asks for several at once, but for no more than can be had', async () => {
    const { questions, passed, next, queue } = subject()
    for (const name of ['a', 'b', 'c', 'd']) queue(name)
    expect(questions).toHaveLength(2)
    await next(0)
    expect(passed).toEqual(['a'])
    expect(questions).toHaveLength(2)
    await next(700)
    expect(questions).toHaveLength(1)
    await next(0)
    // What was asked for the third is for whoever is first now.
    expect(passed).toEqual(['a', 'b'])
    expect(questions).toHaveLength(0)
  })

  it('asks again when that makes sense, and not before', async () => {
    const { questions, passed, next, clock, queue } = subject(1)
    queue('a')
    queue('b')
    await next(300)
    await clock.advance(299)
    expect(questions).toHaveLength(0)
    await clock.advance(1)
    expect(questions).toHaveLength(1)
    await next(0)
    expect(passed).toEqual(['a'])
    expect(questions).toHaveLength(1)
  })

  it('tells a caller who cannot wait as soon as it knows', async () => {
    const { ask, next } = subject()
    const failure = failureOf(ask('a', 0))
    await next(250)
    expect(await failure).toMatchObject({ code: 'rate_limited', retryAfterMs: 250 })
  })

  it('lets a caller pass whose time has run out while the answer was on its way', async () => {
    const { next, passed, clock, queue } = subject()
    queue('a', 0)
    await clock.advance(20)
    await next(0)
    expect(passed).toEqual(['a'])
  })

  it('tells a caller when its time is over, though the count has promised nothing', async () => {
    const { ask, next, clock } = subject(1)
    const failure = failureOf(ask('a', 1_000))
    await next(900)
    await clock.advance(900)
    await next(90)
    await clock.advance(90)
    await next(500)
    expect(await failure).toMatchObject({ code: 'rate_limited', retryAfterMs: 500 })
    expect(clock.pending).toBe(0)
  })

  it('gives the turn of a caller who has left to the next one', async () => {
    const { ask, next, passed, questions, queue } = subject()
    const leaving = new AbortController()
    const left = failureOf(ask('a', 10_000, leaving.signal))
    queue('b')
    leaving.abort()
    expect((await left).code).toBe('aborted')
    await next(0)
    await next(0)
    expect(passed).toEqual(['b'])
    expect(questions).toHaveLength(0)
  })

  it('hears a signal that many callers share once, and lets all of them go', async () => {
    const { ask, clock } = subject()
    const shutDown = new AbortController()
    const failures = Array.from({ length: 20 }, (_, i) =>
      failureOf(ask(`caller ${i}`, 10_000, shutDown.signal)),
    )
    expect(getEventListeners(shutDown.signal, 'abort')).toHaveLength(1)
    shutDown.abort()
    for (const { code } of await Promise.all(failures)) expect(code).toBe('aborted')
    expect(getEventListeners(shutDown.signal, 'abort')).toHaveLength(0)
    expect(clock.pending).toBe(0)
  })

  it('leaves nothing at the signal of a caller whose turn has come', async () => {
    const { ask, next } = subject()
    const { signal } = new AbortController()
    const passed = ask('a', 10_000, signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await next(0)
    await passed
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('tells one caller of a count that fails, and asks again for the others', async () => {
    const { ask, questions, passed, next, queue } = subject(1)
    const failure = failureOf(ask('a'))
    queue('b')
    questions.shift()?.fail(new EvergrantError(fail('rate_limited')))
    expect((await failure).code).toBe('rate_limited')
    await next(0)
    expect(passed).toEqual(['b'])
  })

  it('keeps the process alive while somebody waits, and no longer', async () => {
    const { ask, next, holders, room, queue } = subject()
    queue('a')
    const closed = failureOf(ask('b'))
    expect(holders()).toBe(1)
    await next(0)
    expect(holders()).toBe(1)
    await room.close()
    expect((await closed).code).toBe('closed')
    expect(holders()).toBe(0)
    await next(0)
  })
})
