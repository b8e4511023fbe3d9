import type { Entry, Store, Version } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { atRest, faultyStore, virtualClock } from '@evergrant/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { tiered } from '../src/index.ts'
import { KEY, put, remote, slow, valueIn } from './support/far-stores.ts'

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

describe('a read that began while a copy was being forgotten', () => {
  it('lets nobody afterwards see what is older than what it has shown', async () => {
    const inner = faultyStore(memoryStore({ clock }))
    const { far, questions } = remote(inner)
    const near = slow(memoryStore({ clock }))
    const store = tiered(near.far, far, { clock })
    await put(inner, 'old')

    inner.fault('write', 'refused')
    const failing = store.write(KEY, { value: 'x', expected: undefined }).catch(() => 'failed')
    const letNearGoOn = near.hold()
    await atRest()
    const one = store.read(KEY)
    await atRest()
    letNearGoOn()
    await atRest()
    const another = store.read(KEY)
    await atRest()
    expect(questions).toHaveLength(2)

    await questions[1]?.arrive()
    await put(inner, 'new')
    await questions[0]?.arrive()
    questions[0]?.comeHome()
    expect((await one)?.value).toBe('new')
    questions[1]?.comeHome()
    expect((await another)?.value).toBe('old')
    expect(await failing).toBe('failed')

    const last = store.read(KEY)
    await atRest()
    await questions[2]?.arrive()
    questions[2]?.comeHome()
    expect((await last)?.value).toBe('new')
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
