import type { Store, Version } from '@evergrant/core'
import { fileStore } from '@evergrant/store-file'
import { memoryStore } from '@evergrant/store-memory'
import { describe, expect, it } from 'vitest'
import { keyring, prefixed, rekey, sealed, sealedUnder, tiered, watched } from '../../src/index.ts'
import { mute } from '../support/handles.ts'
import { failureOf, rawKey } from '../support/keys.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const [ONE, TWO, THREE] = [rawKey('one'), rawKey('two'), rawKey('three')]
const RING = keyring({ current: TWO, older: [ONE] })
const UNTIL = 4_102_444_800_000

async function fill(store: Store, keys: readonly string[], key = ONE): Promise<void> {
  const old = sealed(store, keyring({ current: key }))
  for (const name of keys) {
    await old.write(name, { value: `value of ${name}`, expected: undefined, retainUntil: UNTIL })
  }
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `evergrant:1:${i}`)

async function keysUnder(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const key of store.keys?.() ?? []) {
    found[key] = sealedUnder((await store.read(key))?.value ?? '') ?? 'plain'
  }
  return found
}

describe.each([
  ['memory', async () => memoryStore()],
  ['files', async () => fileStore({ directory: await temporaryDirectory() })],
])('rekeying a store in %s', (_, open) => {
  it('puts every record under the current key, changes nothing in it, and has nothing to do the next time', async () => {
    const store = await open()
    await fill(store, names(30))
    const seen: number[] = []
    const done = await rekey(store, RING, { onProgress: ({ looked }) => seen.push(looked) })
    expect(done).toMatchObject({ looked: 30, rewritten: 30, current: 0 })
    expect([done.left.size, seen.at(-1), seen.length]).toEqual([0, 30, 30])
    const reader = sealed(store, keyring({ current: TWO }))
    for (const name of names(30)) {
      expect((await reader.read(name))?.value).toBe(`value of ${name}`)
      expect((await store.read(name))?.value.split('.')[3]).toBe(UNTIL.toString(36))
    }
    expect(await rekey(store, RING)).toMatchObject({ looked: 30, rewritten: 0, current: 30 })
    await store.close?.()
  })

  it('leaves what it cannot open, and says under which key it is', async () => {
    const store = await open()
    await fill(store, ['a', 'b'])
    await fill(store, ['c'], THREE)
    await store.write('d', { value: '{"format":1}', expected: undefined })
    await store.write('e', { value: 'evs1.one.broken', expected: undefined })
    const before = await Promise.all(['c', 'd', 'e'].map(key => store.read(key)))
    const done = await rekey(store, RING)
    expect([done.rewritten, Object.fromEntries(done.left)]).toEqual([2, { three: 1, plain: 1, unknown: 1 }])
    expect(Object.fromEntries(done.reasons)).toEqual({
      seal_key_missing: 1,
      record_not_sealed: 1,
      seal_broken: 1,
    })
    const after = await Promise.all(['c', 'd', 'e'].map(key => store.read(key)))
    expect(after.map(entry => entry?.version)).toEqual(before.map(entry => entry?.version))
    expect(await rekey(store, RING, { plain: true })).toMatchObject({ rewritten: 1 })
    expect((await sealed(store, RING).read('d'))?.value).toBe('{"format":1}')
    await store.close?.()
  })

  it('loses no write of those who write meanwhile', async () => {
    const store = await open()
    const keys = names(12)
    await fill(store, keys)
    const writer = sealed(store, keyring({ current: ONE, older: [TWO] }))
    const counts = Object.fromEntries(keys.map(key => [key, 0]))
    const bump = async (key: string) => {
      const entry = await writer.read(key)
      const value = `${entry?.value}+`
      const result = await writer.write(key, { value, expected: entry?.version as Version })
      if (result.written) counts[key] = (counts[key] ?? 0) + 1
    }
    await Promise.all([
      rekey(store, RING),
      ...keys.map(async key => {
        for (let i = 0; i < 6; i++) await bump(key)
      }),
    ])
    const reader = sealed(store, RING)
    for (const key of keys) {
      expect((await reader.read(key))?.value).toBe(`value of ${key}${'+'.repeat(counts[key] ?? 0)}`)
    }
    await rekey(store, RING)
    expect(new Set(Object.values(await keysUnder(store)))).toEqual(new Set(['two']))
    await store.close?.()
  })
})

describe('rekeying', () => {
  it('stops between two records when it is told to, and goes on the next time', async () => {
    const store = memoryStore()
    await fill(store, names(40))
    const stop = new AbortController()
    const first = await rekey(store, RING, {
      signal: stop.signal,
      onProgress: ({ looked }) => {
        if (looked === 5) stop.abort()
      },
    })
    expect(first.looked).toBeLessThan(20)
    const second = await rekey(store, RING)
    expect(first.rewritten + second.rewritten).toBe(40)
  })

  it('gives up a record that others keep writing, and says so', async () => {
    const inner = memoryStore()
    await fill(inner, ['a'])
    const old = sealed(inner, keyring({ current: ONE }))
    const busy: Store = {
      ...inner,
      async write(key, change) {
        const entry = await old.read(key)
        await old.write(key, { value: 'again', expected: entry?.version })
        return inner.write(key, change)
      },
    }
    const done = await rekey(busy, RING)
    expect([Object.fromEntries(done.left), Object.fromEntries(done.reasons)]).toEqual([
      { one: 1 },
      { busy: 1 },
    ])
  })

  it('rejects when the store fails, and when the store cannot list its keys', async () => {
    const inner = memoryStore()
    await fill(inner, names(3))
    const failing: Store = {
      ...inner,
      async write() {
        throw new Error('the disk is full')
      },
    }
    await expect(rekey(failing, RING)).rejects.toThrow('the disk is full')
    const { keys: _, ...silent } = inner
    expect(await failureOf(rekey(silent, RING))).toMatchObject({ code: 'invalid_option' })
  })
})

describe('a layer', () => {
  it('lists the keys of the store behind it, each in its own words', async () => {
    const inner = memoryStore()
    await fill(inner, ['part:a', 'part:b', 'other'])
    const listed = async (store: Store) => Object.keys(await keysUnder(store)).sort()
    expect(await listed(prefixed(inner, 'part:'))).toEqual(['a', 'b'])
    expect(await listed(tiered(memoryStore(), inner))).toEqual(['other', 'part:a', 'part:b'])
    expect(await listed(watched(mute(inner)))).toEqual(['other', 'part:a', 'part:b'])
    const { keys: _, ...silent } = inner
    for (const layer of [
      prefixed(silent, 'a:'),
      tiered(memoryStore(), silent),
      watched(mute(silent)),
      sealed(silent, RING),
    ]) {
      expect(layer.keys).toBeUndefined()
    }
  })
})
