import type { Store, Version } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { type VirtualClock, virtualClock } from '@evergrant/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tiered } from '../src/index.ts'
import { kept } from './support/handles.ts'

const KEY = 'evergrant:1:tiered'
const FRESH_FOR_MS = 100

/** What far holds from an instant on. `undefined`: nothing. */
interface Truth {
  readonly version: Version | undefined
  readonly since: number
}

/** Which of far's states somebody was shown, and when. */
interface Sight {
  readonly process: number
  readonly state: number
  readonly askedAt: number
  readonly answeredAt: number
}

const steps = fc.record({
  process: fc.nat(1),
  deed: fc.constantFrom('read', 'read', 'read', 'replace', 'delete', 'fail'),
  /** How long each way to far takes, in ms. */
  ways: fc.tuple(fc.nat(25), fc.nat(25)),
  /** How long after the step before it begins, in ms. */
  afterMs: fc.nat(40),
})
type Play = typeof plays extends fc.Arbitrary<infer Each> ? Each : never
const plays = fc.record({
  script: fc.array(steps, { minLength: 4, maxLength: 40, size: 'max' }),
  areHinted: fc.boolean(),
  isNearShared: fc.boolean(),
  /** How long near takes, in ms, in turn. */
  nearMs: fc.array(fc.nat(8), { minLength: 1, maxLength: 6 }),
})

/** A near store that takes its time, too. */
function hesitant(clock: VirtualClock, delaysMs: readonly number[]): Store {
  const inner = kept(memoryStore({ clock }))
  let operations = 0
  const pause = async () => {
    const ms = delaysMs[operations++ % delaysMs.length] ?? 0
    if (ms > 0) await new Promise<void>(resolve => clock.wake(clock.now() + ms, resolve))
  }
  return {
    ...inner,
    async read(key) {
      const entry = await inner.read(key)
      await pause()
      return entry
    },
    async write(key, change) {
      await pause()
      return inner.write(key, change)
    },
  }
}

/** Far, with ways to it that take time, and a history of what it held. */
function distant(clock: VirtualClock, truths: Truth[], nextWays: () => readonly [number, number]): Store {
  const inner = memoryStore({ clock })
  const later = (ms: number) => new Promise<void>(resolve => clock.wake(clock.now() + ms, resolve))
  return {
    ...inner,
    async read(key) {
      const [there, back] = nextWays()
      await later(there)
      const entry = await inner.read(key)
      await later(back)
      return entry
    },
    async write(key, change) {
      const [there, back] = nextWays()
      await later(there)
      const result = await inner.write(key, change)
      if (result.written) {
        truths.push({ version: change.value === undefined ? undefined : result.version, since: clock.now() })
      }
      await later(back)
      if (change.value === 'fail') throw new Error('the answer was lost')
      return result
    },
  }
}

/** Lets a script play, and returns what far held and what everybody saw. */
async function perform({ script, areHinted, isNearShared, nearMs }: Play) {
  const clock = virtualClock()
  const truths: Truth[] = [{ version: undefined, since: clock.now() }]
  const sights: Sight[] = []
  let ways: readonly [number, number] = [0, 0]
  const far = distant(clock, truths, () => ways)
  const near = hesitant(clock, nearMs)
  const stores = [0, 1].map(() => {
    return tiered(isNearShared ? near : hesitant(clock, nearMs), far, { clock, freshForMs: FRESH_FOR_MS })
  })
  if (areHinted) for (const store of stores) await store.subscribe?.(KEY, () => undefined)

  async function step({ process, deed }: (typeof script)[number]): Promise<void> {
    const store = stores[process] as Store
    const askedAt = clock.now()
    const see = (version: Version | undefined, states: readonly Truth[]) => {
      const state = states.findLastIndex(truth => truth.version === version)
      sights.push({ process, state, askedAt, answeredAt: clock.now() })
    }
    if (deed === 'read') return see((await store.read(KEY))?.version, truths)
    const value = deed === 'delete' ? undefined : deed === 'fail' ? 'fail' : 'value'
    const expected = truths.at(-1)?.version
    const result = await store.write(KEY, { value, expected }).catch(() => undefined)
    if (result === undefined) return
    if (!result.written) return see(result.entry?.version, truths)
    if (value !== undefined) see(result.version, truths)
  }

  const running: Promise<void>[] = []
  for (const next of script) {
    await clock.advance(next.afterMs)
    ways = next.ways
    running.push(step(next))
  }
  await clock.advance(1_000)
  await Promise.all(running)
  return { truths, sights }
}

describe('whatever the order in which questions and answers travel, a tiered store', () => {
  it('shows nothing that was replaced longer ago than it declares, and never goes back', async () => {
    const hits = { sights: 0, stale: 0 }
    await fc.assert(
      fc.asyncProperty(plays, async each => {
        const { truths, sights } = await perform(each)
        for (const sight of sights) {
          const replacedAt = truths[sight.state + 1]?.since ?? Number.POSITIVE_INFINITY
          hits.sights += 1
          if (replacedAt < sight.askedAt) hits.stale += 1
          expect(replacedAt).toBeGreaterThan(sight.askedAt - FRESH_FOR_MS)
          const earlier = sights.filter(
            ({ process, answeredAt }) => process === sight.process && answeredAt < sight.askedAt,
          )
          expect(sight.state).toBeGreaterThanOrEqual(Math.max(0, ...earlier.map(({ state }) => state)))
        }
      }),
      { numRuns: 250 },
    )
    // Otherwise nothing was read from near that far had replaced, and nothing was shown.
    expect(hits.stale).toBeGreaterThan(20)
  })
})
