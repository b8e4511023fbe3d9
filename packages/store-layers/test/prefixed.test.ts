import { memoryStore } from '@evergrant/store-memory'
import { describe, expect, it } from 'vitest'
import { prefixed } from '../src/index.ts'
import { mute } from './support/handles.ts'

const create = (value: string) => ({ value, expected: undefined })

describe('a prefixed store', () => {
  it('keeps its part apart from the others, in keys that say whose they are', async () => {
    const shared = memoryStore()
    const [billing, search] = [prefixed(shared, 'billing:'), prefixed(shared, 'search:')]
    await billing.write('key', create('of billing'))
    expect(await search.read('key')).toBeUndefined()
    await search.write('key', create('of search'))
    expect((await shared.read('billing:key'))?.value).toBe('of billing')
    expect((await shared.read('search:key'))?.value).toBe('of search')
  })

  it('hears of its own part only', async () => {
    const shared = memoryStore()
    const [billing, search] = [prefixed(shared, 'billing:'), prefixed(shared, 'search:')]
    let hints = 0
    const end = await billing.subscribe?.('key', () => {
      hints += 1
    })
    await search.write('key', create('x'))
    expect(hints).toBe(0)
    await billing.write('key', create('x'))
    expect(hints).toBe(1)
    await end?.()
  })

  it('is what the store behind it is, and can what that can', () => {
    const store = memoryStore()
    expect(prefixed(store, 'a:').traits).toEqual(store.traits)
    expect(prefixed(mute(store), 'a:').subscribe).toBeUndefined()
  })

  it('refuses an empty prefix', () => {
    expect(() => prefixed(memoryStore(), '')).toThrow('prefix is empty')
  })
})
