import type { Entry, Store, Version } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { atRest, faultyStore, virtualClock } from '@evergrant/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { tiered } from '../src/index.ts'

const KEY = 'evergrant:1:tiered'
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

async function put(store: Store, value: string | undefined): Promise<Version> {
  const result = await store.write(KEY, { value, expected: (await store.read(KEY))?.version })
  if (!result.written) throw new Error('somebody else has written')
  return result.version
}

async function valueIn(store: Store): Promise<string | undefined> {
  return (await store.read(KEY))?.value
}

/** A far store whose next answer is held back, on its way home, until it is let go. */
function slow(far: Store): { far: Store; hold: () => () => void } {
  let gate: Promise<void> | undefined
  const after = async <Result>(answer: Promise<Result>): Promise<Result> => {
    const held = gate
    gate = undefined
    const result = await answer
    await held
    return result
  }
  return {
    far: {
      ...far,
      read: key => after(far.read(key)),
      write: (key, change) => after(far.write(key, change)),
    },
    hold() {
      let open = () => {}
      gate = new Promise(resolve => {
        open = resolve
      })
      return open
    },
  }
}

describe('a read', () => {
  it('is answered from near while the copy is fresh, and asks far afterwards', async () => {
    const { store, far } = tiers()
    await put(far, 'one')
    for (let reads = 0; reads < 10; reads++) expect(await valueIn(store)).toBe('one')
    await clock.advance(FRESH_FOR_MS - 1)
    expect(await valueIn(store)).toBe('one')
    expect(far.counts.reads).toBe(2)
    await clock.advance(1)
    expect(await valueIn(store)).toBe('one')
    expect(far.counts.reads).toBe(3)
  })

  it('is never older than the bound that the store declares', async () => {
    const { store, far } = tiers({ freshForMs: 70 })
    expect(store.traits.staleMsMax).toBe(70)
    await put(store, 'one')
    await put(far, 'two')
    await clock.advance(69)
    expect(await valueIn(store)).toBe('one')
    await clock.advance(1)
    expect(await valueIn(store)).toBe('two')
  })

  it('of an absent key always asks far', async () => {
    const { store, far } = tiers()
    expect(await valueIn(store)).toBeUndefined()
    await put(far, 'one')
    expect(await valueIn(store)).toBe('one')
  })

  it('after a write of its own needs not ask, and shows that write', async () => {
    const { store, far } = tiers()
    await put(store, 'one')
    const { reads } = far.counts
    expect(await valueIn(store)).toBe('one')
    expect(far.counts.reads).toBe(reads)
  })

  it('after a refusal shows what the refusal has shown', async () => {
    const { store, far } = tiers()
    const first = await put(store, 'one')
    await put(far, 'two')
    expect(await store.write(KEY, { value: 'three', expected: first })).toMatchObject({
      written: false,
      entry: { value: 'two' },
    })
    expect(await valueIn(store)).toBe('two')
  })

  it("tells far's time, which goes on while the copy ages", async () => {
    const { store } = tiers()
    await put(store, 'one')
    const first = await store.read(KEY)
    await clock.advance(400)
    const { time } = (await store.read(KEY)) as Required<Entry>
    expect(time).toEqual({ storedAt: first?.time?.storedAt, asOf: (first?.time?.asOf ?? 0) + 400 })
  })

  it('tells no time where far has none', async () => {
    const timeless: Store = {
      ...memoryStore({ clock }),
      read: async () => ({ value: 'x', version: 'v' as Version }),
      write: async () => ({ written: true, version: 'w' as Version }),
    }
    const store = tiered(memoryStore({ clock }), timeless, { clock })
    expect(await store.read(KEY)).toEqual({ value: 'x', version: 'v' })
    expect(await store.read(KEY)).toEqual({ value: 'x', version: 'v' })
    await store.write(KEY, { value: 'y', expected: 'v' as Version })
    expect(await store.read(KEY)).toEqual({ value: 'y', version: 'w' })
  })

  it("does not run ahead of far's time, however long the answer was on its way", async () => {
    const { far, hold } = slow(memoryStore({ clock }))
    const store = tiered(memoryStore({ clock }), far, { clock })
    await put(far, 'one')
    const open = hold()
    const reading = store.read(KEY)
    await clock.advance(200)
    open()
    const fetched = await reading
    await clock.advance(300)
    const copy = await store.read(KEY)
    expect(copy?.time?.asOf).toBe((fetched?.time?.asOf ?? 0) + 300)
    expect(copy?.time?.asOf).toBeLessThanOrEqual(clock.now())
  })

  it('does not keep what was so long on its way that nobody could tell the time by it', async () => {
    const inner = faultyStore(memoryStore({ clock }))
    const { far, hold } = slow(inner)
    const store = tiered(memoryStore({ clock }), far, { clock })
    await put(inner, 'one')
    const open = hold()
    const reading = store.read(KEY)
    await clock.advance(251)
    open()
    await reading
    const { reads } = inner.counts
    await store.read(KEY)
    expect(inner.counts.reads).toBe(reads + 1)
  })
})

describe('a write', () => {
  it('is compared with far: a stale copy cannot be written upon', async () => {
    const { store, far } = tiers()
    const first = await put(store, 'one')
    await put(far, 'two')
    expect((await store.read(KEY))?.version).toBe(first)
    expect((await store.write(KEY, { value: 'three', expected: first })).written).toBe(false)
    expect(await valueIn(far)).toBe('two')
  })

  it('that may have been done leaves no copy', async () => {
    const { store, far } = tiers()
    const first = await put(store, 'one')
    far.fault('write', 'applied')
    await expect(store.write(KEY, { value: 'two', expected: first })).rejects.toThrow('has failed')
    expect(await valueIn(store)).toBe('two')
  })

  it('makes a read that was overtaken by it leave no copy', async () => {
    const { far, hold } = slow(memoryStore({ clock }))
    const store = tiered(memoryStore({ clock }), far, { clock })
    const first = await put(far, 'one')
    const open = hold()
    const overtaken = store.read(KEY)
    await atRest()
    await store.write(KEY, { value: 'two', expected: first })
    open()
    expect((await overtaken)?.value).toBe('one')
    expect(await valueIn(store)).toBe('two')
  })

  it('that fails makes a read that is under way leave no copy either', async () => {
    const inner = faultyStore(memoryStore({ clock }))
    const { far, hold } = slow(inner)
    const store = tiered(memoryStore({ clock }), far, { clock })
    const first = await put(inner, 'one')
    const open = hold()
    const overtaken = store.read(KEY)
    await atRest()
    inner.fault('write', 'applied')
    await expect(store.write(KEY, { value: 'two', expected: first })).rejects.toThrow('has failed')
    open()
    expect((await overtaken)?.value).toBe('one')
    expect(await valueIn(store)).toBe('two')
  })
})

describe('a hint', () => {
  it('is heard after the copy has become unusable', async () => {
    const { store, far } = tiers()
    await put(store, 'one')
    const seen: (string | undefined)[] = []
    await store.subscribe?.(KEY, () => {
      valueIn(store).then(
        value => seen.push(value),
        () => undefined,
      )
    })
    await put(far, 'two')
    await atRest()
    expect(seen).toEqual(['two'])
    expect(await valueIn(store)).toBe('two')
  })

  it('makes a read that was under way leave no copy', async () => {
    const inner = memoryStore({ clock })
    const { far, hold } = slow(inner)
    const store = tiered(memoryStore({ clock }), far, { clock })
    await put(inner, 'one')
    await store.subscribe?.(KEY, () => undefined)
    const open = hold()
    const overtaken = store.read(KEY)
    await atRest()
    await put(inner, 'two')
    await atRest()
    open()
    expect((await overtaken)?.value).toBe('one')
    expect(await valueIn(store)).toBe('two')
  })

  it('is offered where far offers it, and only there', () => {
    const { subscribe: _, ...mute } = memoryStore({ clock })
    expect(tiered(memoryStore({ clock }), mute).subscribe).toBeUndefined()
    expect(tiered(mute, memoryStore({ clock })).subscribe).toBeDefined()
  })
})

describe('when far fails', () => {
  it('a fresh copy is still read, and nothing else is made up', async () => {
    const { store, far } = tiers()
    await put(store, 'one')
    far.outage = 'refused'
    expect(await valueIn(store)).toBe('one')
    await clock.advance(FRESH_FOR_MS)
    await expect(store.read(KEY)).rejects.toThrow('has failed')
    await expect(store.read('another')).rejects.toThrow('has failed')
    far.outage = undefined
    expect(await valueIn(store)).toBe('one')
  })
})

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

describe('a tiered store', () => {
  it('is what far is, but for its staleness', () => {
    const traits = { scope: 'shared', durable: true, evicts: false, staleMsMax: 30 } as const
    const store = tiered(memoryStore(), { ...memoryStore(), traits })
    expect(store.traits).toEqual({ ...traits, staleMsMax: 1_030 })
  })

  it('closes both, once', async () => {
    let closed = 0
    const counting = () => ({
      ...memoryStore(),
      async close() {
        closed += 1
      },
    })
    const store = tiered(counting(), counting())
    await store.close?.()
    await store.close?.()
    expect(closed).toBe(2)
    await expect(store.read(KEY)).rejects.toMatchObject({ code: 'closed', kind: 'cancelled' })
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 60_001])('refuses freshForMs of %d', freshForMs => {
    expect(() => tiered(memoryStore(), memoryStore(), { freshForMs })).toThrow(/freshForMs is .* from 1 to/)
  })
})
