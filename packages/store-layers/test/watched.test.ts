import type { Store } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { atRest, faultyStore, virtualClock } from '@evergrant/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { watched } from '../src/index.ts'
import { mute } from './support/handles.ts'

const KEY = 'evergrant:1:watched'
const POLL_MS = 1_000

let clock = virtualClock()
beforeEach(() => {
  clock = virtualClock()
})

/** A store that cannot tell of changes, as others write to it, and watched. */
function polled() {
  const other = memoryStore({ clock })
  const inner = faultyStore(mute(other))
  return { other, inner, store: watched(inner, { clock }) }
}

async function put(store: Store, key: string, value: string | undefined): Promise<void> {
  await store.write(key, { value, expected: (await store.read(key))?.version })
}

/** A subscription that counts. */
async function count(store: Store, key: string): Promise<{ readonly hints: number; end(): Promise<void> }> {
  if (store.subscribe === undefined) throw new Error('a watched store tells of changes')
  let hints = 0
  const end = await store.subscribe(key, () => {
    hints += 1
  })
  return {
    get hints() {
      return hints
    },
    end,
  }
}

describe('a watched store', () => {
  it('tells of what others create, replace and delete, once each, within a poll', async () => {
    const { store, other } = polled()
    const counted = await count(store, KEY)
    await clock.advance(3 * POLL_MS)
    expect(counted.hints).toBe(0)
    for (const [i, value] of ['one', 'two', undefined, 'three'].entries()) {
      await put(other, KEY, value)
      await clock.advance(POLL_MS)
      expect(counted.hints).toBe(i + 1)
    }
  })

  it('tells of its own writes at once, and not again', async () => {
    const { store } = polled()
    const counted = await count(store, KEY)
    await put(store, KEY, 'one')
    expect(counted.hints).toBe(1)
    await put(store, KEY, undefined)
    expect(counted.hints).toBe(2)
    await clock.advance(3 * POLL_MS)
    expect(counted.hints).toBe(2)
  })

  it('knows from the beginning what was there before, and tells nothing of it', async () => {
    const { store, other } = polled()
    await put(other, KEY, 'before')
    const counted = await count(store, KEY)
    await clock.advance(3 * POLL_MS)
    expect(counted.hints).toBe(0)
  })

  it('has one timer however many keys, and none without subscriptions', async () => {
    const { store } = polled()
    await store.read(KEY)
    expect(clock.pending).toBe(0)
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => count(store, `key ${i % 40}`)))
    expect(clock.pending).toBe(1)
    await clock.advance(2 * POLL_MS)
    expect(clock.pending).toBe(1)
    for (const { end } of all) await end()
    expect(clock.pending).toBe(0)
  })

  it('reads each key once a round, and only a few at a time', async () => {
    const { other } = polled()
    let [reading, most, reads] = [0, 0, 0]
    const slow: Store = {
      ...mute(other),
      async read(key) {
        reads += 1
        most = Math.max(most, ++reading)
        await atRest()
        reading -= 1
        return other.read(key)
      },
    }
    const store = watched(slow, { clock })
    for (let i = 0; i < 100; i++) await count(store, `key ${i}`)
    reads = 0
    await clock.advance(POLL_MS)
    while (reading > 0) await atRest()
    expect([reads, most]).toEqual([100, 8])
  })

  it('begins the next round no sooner than the one before has ended', async () => {
    const { other } = polled()
    let open = () => {}
    let reads = 0
    const store = watched(
      {
        ...mute(other),
        async read() {
          if (++reads > 1) await new Promise<void>(resolve => (open = resolve))
          return undefined
        },
      },
      { clock },
    )
    await count(store, KEY)
    await clock.advance(5 * POLL_MS)
    expect(reads).toBe(2)
    open()
    await atRest()
    await clock.advance(0)
    expect(reads).toBe(3)
  })

  it('gives up a round that does not end, and begins anew', async () => {
    const { store, inner, other } = polled()
    const counted = await count(store, KEY)
    inner.outage = 'stalled'
    await clock.advance(POLL_MS)
    inner.outage = undefined
    await put(other, KEY, 'one')
    await clock.advance(29 * POLL_MS)
    expect(counted.hints).toBe(0)
    await clock.advance(POLL_MS)
    expect(counted.hints).toBe(1)
    await put(other, KEY, 'two')
    await clock.advance(POLL_MS)
    expect(counted.hints).toBe(2)
    expect(clock.pending).toBe(1)
  })

  it('is not confused by a round that comes to life again after it was given up', async () => {
    const { other } = polled()
    const held: (() => void)[] = []
    let [isHeld, reads] = [false, 0]
    const store = watched(
      {
        ...mute(other),
        async read(key) {
          reads += 1
          if (isHeld) await new Promise<void>(resolve => held.push(resolve))
          return other.read(key)
        },
      },
      { clock },
    )
    for (let i = 0; i < 20; i++) await count(store, `key ${i}`)
    isHeld = true
    await clock.advance(POLL_MS)
    isHeld = false
    await clock.advance(30 * POLL_MS)
    reads = 0
    for (const release of held) release()
    await atRest()
    expect([reads, clock.pending]).toEqual([0, 1])
    await clock.advance(POLL_MS)
    expect([reads, clock.pending]).toEqual([20, 1])
  })

  it('makes up for looks that have failed', async () => {
    const { store, inner, other } = polled()
    const counted = await count(store, KEY)
    inner.outage = 'refused'
    await put(other, KEY, 'one')
    await clock.advance(10 * POLL_MS)
    expect(counted.hints).toBe(0)
    inner.outage = undefined
    await clock.advance(POLL_MS)
    expect(counted.hints).toBe(1)
  })

  it('does not take an older look for news when it has written meanwhile', async () => {
    const { other } = polled()
    let open = () => {}
    let isHeld = false
    const store = watched(
      {
        ...mute(other),
        async read(key) {
          const entry = await other.read(key)
          if (isHeld) await new Promise<void>(resolve => (open = resolve))
          return entry
        },
      },
      { clock },
    )
    const counted = await count(store, KEY)
    isHeld = true
    await clock.advance(POLL_MS)
    isHeld = false
    await put(store, KEY, 'one')
    expect(counted.hints).toBe(1)
    open()
    await atRest()
    await clock.advance(POLL_MS)
    expect(counted.hints).toBe(1)
  })

  it('does not let a listener who throws spoil a write, or the hints of others', async () => {
    const { store } = polled()
    await store.subscribe?.(KEY, () => {
      throw new Error('a guest who breaks things')
    })
    const counted = await count(store, KEY)
    await put(store, KEY, 'one')
    expect(counted.hints).toBe(1)
  })

  it('does not subscribe when it cannot read what there is to begin with', async () => {
    const { store, inner } = polled()
    inner.fault('read', 'refused')
    await expect(count(store, KEY)).rejects.toThrow('has failed')
    expect(clock.pending).toBe(0)
  })

  it('stops at once when it is closed, also a subscription that was on its way', async () => {
    const { store } = polled()
    const counted = await count(store, KEY)
    const late = count(store, 'another')
    await store.close?.()
    await expect(late).rejects.toMatchObject({ code: 'closed' })
    expect(clock.pending).toBe(0)
    await counted.end()
    await expect(store.read(KEY)).rejects.toMatchObject({ code: 'closed' })
  })

  it('is the store itself where that tells of changes already', () => {
    const store = memoryStore()
    expect(watched(store)).toBe(store)
  })

  it.each([0, 9, Number.NaN, 60_001])('refuses pollMs of %d', pollMs => {
    expect(() => watched(mute(memoryStore()), { pollMs })).toThrow(/pollMs is .* from 10 to/)
  })
})
