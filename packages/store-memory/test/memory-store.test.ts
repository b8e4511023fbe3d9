import type { Version } from '@evergrant/core'
import { conformance } from '@evergrant/store-conformance'
import { virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../src/index.ts'

const clock = virtualClock()

describe('the memory store conforms: it', () => {
  const subject = { open: () => memoryStore({ clock }), pass: (ms: number) => clock.advance(ms) }
  for (const { title, run } of conformance(subject)) {
    it(title, async ({ annotate }) => {
      const reason = await run()
      if (reason !== undefined) await annotate(reason, 'not applicable')
    })
  }
})

const create = (value: string) => ({ value, expected: undefined })

describe('the memory store', () => {
  it('holds no more entries than allowed, and says that it evicts', async () => {
    const store = memoryStore({ entriesMax: 3 })
    expect(store.traits.evicts).toBe(true)
    for (const key of 'abcde') await store.write(key, create(key))
    const kept = await Promise.all([...'abcde'].map(async key => (await store.read(key))?.value))
    expect(kept).toEqual([undefined, undefined, 'c', 'd', 'e'])
  })

  it('evicts what was used longest ago', async () => {
    const store = memoryStore({ entriesMax: 2 })
    await store.write('a', create('a'))
    await store.write('b', create('b'))
    await store.read('a')
    await store.write('c', create('c'))
    expect((await store.read('a'))?.value).toBe('a')
    expect(await store.read('b')).toBeUndefined()
  })

  it('holds no more bytes than allowed', async () => {
    const store = memoryStore({ bytesMax: 10_000 })
    for (const key of 'abcdefgh') await store.write(key, create('x'.repeat(1_000)))
    const kept = await Promise.all([...'abcdefgh'].map(key => store.read(key)))
    expect(kept.filter(entry => entry !== undefined)).toHaveLength(4)
  })

  it('refuses a value that could never fit, and keeps the old one', async () => {
    const store = memoryStore({ bytesMax: 1_000 })
    const result = await store.write('a', create('small'))
    const version = result.written ? result.version : ('' as Version)
    await expect(store.write('a', { value: 'x'.repeat(1_000), expected: version })).rejects.toThrow(
      'exceeds bytesMax',
    )
    expect((await store.read('a'))?.value).toBe('small')
  })

  it('forgets a value when it is not worth keeping any more', async () => {
    const store = memoryStore({ clock })
    await store.write('a', { ...create('a'), retainUntil: clock.now() + 1_000 })
    await clock.advance(999)
    expect(await store.read('a')).toBeDefined()
    await clock.advance(1)
    expect(await store.read('a')).toBeUndefined()
    expect(await store.write('a', create('b'))).toMatchObject({ written: true })
  })

  it.each([{ entriesMax: 0 }, { entriesMax: 1.5 }, { bytesMax: -1 }, { bytesMax: Number.NaN }])(
    'refuses the bound %j',
    options => {
      expect(() => memoryStore(options)).toThrow(/is .* not a whole number/)
    },
  )
})
