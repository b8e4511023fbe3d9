import type { Store } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { faultyStore, virtualClock } from '@evergrant/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { tiered } from '../src/index.ts'
import { KEY, put, slow, valueIn } from './support/far-stores.ts'

const FRESH_FOR_MS = 1_000

let clock = virtualClock()
beforeEach(() => {
  clock = virtualClock()
})

/** Two memories, of which everything can be counted and made to fail, and a tier of them. */
function tiers(options: { freshForMs?: number } = {}) {
  const near = faultyStore(memoryStore({ clock }))
  const far = faultyStore(memoryStore({ clock }))
  return { near, far, store: tiered(near, far, { clock, ...options }) }
}

describe('when near fails', () => {
  it('far is asked, and nothing is lost', async () => {
    const { store, near, far } = tiers()
    near.outage = 'refused'
    const version = await put(store, 'one')
    expect(await store.read(KEY)).toMatchObject({ value: 'one', version })
    await put(store, 'two')
    expect(await valueIn(far)).toBe('two')
  })

  it('it is left alone until no copy in it can be fresh, and used again afterwards', async () => {
    const { store, near, far } = tiers()
    await put(store, 'one')
    near.fault('read', 'refused')
    expect(await valueIn(store)).toBe('one')
    const { reads } = near.counts
    await put(far, 'two')
    // The copy of `one` could not be replaced; it must not come back.
    expect(await valueIn(store)).toBe('two')
    expect(near.counts.reads).toBe(reads)
    await clock.advance(FRESH_FOR_MS)
    expect(await valueIn(store)).toBe('two')
    expect(near.counts.reads).toBeGreaterThan(reads)
    const before = far.counts.reads
    await valueIn(store)
    expect(far.counts.reads).toBe(before)
  })

  it('while a copy should go, that copy is not used', async () => {
    const { store, near, far } = tiers()
    const first = await put(store, 'one')
    far.fault('write', 'applied')
    near.fault('write', 'refused', 'refused')
    await expect(store.write(KEY, { value: 'two', expected: first })).rejects.toThrow('has failed')
    expect(await valueIn(store)).toBe('two')
  })
})

describe('a near store that several processes share', () => {
  it('serves the copies of one to the others, by its own time', async () => {
    const near = memoryStore({ clock })
    const far = faultyStore(memoryStore({ clock }))
    const [one, two] = [tiered(near, far, { clock }), tiered(near, far, { clock: virtualClock(5) })]
    await put(one, 'one')
    const { reads } = far.counts
    expect(await valueIn(two)).toBe('one')
    expect(far.counts.reads).toBe(reads)
    await clock.advance(FRESH_FOR_MS)
    expect(await valueIn(two)).toBe('one')
    expect(far.counts.reads).toBe(reads + 1)
  })

  it('shows nobody a copy that one of them has replaced', async () => {
    const [near, far] = [memoryStore({ clock }), memoryStore({ clock })]
    const [one, two] = [tiered(near, far, { clock }), tiered(near, far, { clock })]
    await put(one, 'one')
    expect(await valueIn(two)).toBe('one')
    await put(one, 'two')
    expect(await valueIn(two)).toBe('two')
    await put(two, undefined)
    expect(await valueIn(one)).toBeUndefined()
  })

  it("gives no other process's copies where it cannot tell their age", async () => {
    const inner = memoryStore({ clock })
    const ageless: Store = {
      ...inner,
      async read(key) {
        const found = await inner.read(key)
        return found && { value: found.value, version: found.version }
      },
    }
    const far = faultyStore(memoryStore({ clock }))
    const [one, two] = [tiered(ageless, far, { clock }), tiered(ageless, far, { clock })]
    await put(one, 'one')
    const { reads } = far.counts
    await one.read(KEY)
    expect(far.counts.reads).toBe(reads)
    await two.read(KEY)
    expect(far.counts.reads).toBe(reads + 1)
  })

  it.each(['foreign', '{"version":1}\nx', '{broken\nx', '\nx', '[]\nx'])(
    'and in which something else stands: %j',
    async foreign => {
      const near = memoryStore({ clock })
      const store = tiered(near, memoryStore({ clock }), { clock })
      await near.write(KEY, { value: foreign, expected: undefined })
      expect(await store.read(KEY)).toBeUndefined()
      await put(store, 'one')
      expect(await valueIn(store)).toBe('one')
    },
  )
})

describe('the age of a copy', () => {
  /** A tier whose two clocks can be moved apart, and what it has read from far. */
  async function withTwoClocks() {
    const [own, nears] = [virtualClock(), virtualClock()]
    const far = faultyStore(memoryStore({ clock }))
    const near = memoryStore({ clock: nears })
    const store = tiered(near, far, { clock: own })
    await put(far, 'one')
    await store.read(KEY)
    far.counts.reads = 0
    return { own, nears, near, far, store }
  }

  it("is told by this process's clock when near's stands still or was set back", async () => {
    const { own, nears, far, store } = await withTwoClocks()
    nears.jump(-3_600_000)
    own.jump(FRESH_FOR_MS - 1)
    await store.read(KEY)
    expect(far.counts.reads).toBe(0)
    own.jump(1)
    await store.read(KEY)
    expect(far.counts.reads).toBe(1)
  })

  it("is told by near's clock when this process's stood still, as while a machine sleeps", async () => {
    const { nears, far, store } = await withTwoClocks()
    nears.jump(FRESH_FOR_MS)
    await store.read(KEY)
    expect(far.counts.reads).toBe(1)
  })

  it('counts from when far was asked, also for others', async () => {
    const inner = faultyStore(memoryStore({ clock }))
    const { far, hold } = slow(inner)
    const near = memoryStore({ clock })
    const [one, two] = [tiered(near, far, { clock }), tiered(near, far, { clock: virtualClock(5) })]
    await put(inner, 'one')
    const open = hold()
    const reading = one.read(KEY)
    await clock.advance(200)
    open()
    await reading
    inner.counts.reads = 0
    await clock.advance(FRESH_FOR_MS - 201)
    await two.read(KEY)
    expect(inner.counts.reads).toBe(0)
    await clock.advance(1)
    await two.read(KEY)
    expect(inner.counts.reads).toBe(1)
  })
})
