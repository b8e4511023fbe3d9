import { EvergrantError, fail, type Store } from '@evergrant/core'
import { gate } from './gate.ts'

/**
 * The part of a store whose keys begin with `prefix`: what one application, environment or tenant sees of a
 * store that it shares.
 *
 * End prefixes in a mark that none of them has elsewhere (`billing:`), so that no prefix goes on where another
 * ends; this layer cannot see the others. Closing it closes the store behind it, and with it every other part.
 * Throws an `EvergrantError` of code `invalid_option` when the prefix is empty.
 */
export function prefixed(store: Store, prefix: string): Store {
  if (typeof prefix !== 'string' || prefix === '') {
    const message = 'Invalid option: prefix is empty or no text, and would keep nothing apart.'
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  const { check, close } = gate('prefixed', [store])
  const subscribe = store.subscribe?.bind(store)
  const keys = store.keys?.bind(store)
  return {
    traits: store.traits,
    async read(key) {
      check()
      return store.read(prefix + key)
    },
    async write(key, change) {
      check()
      return store.write(prefix + key, change)
    },
    ...(subscribe !== undefined && {
      async subscribe(key: string, onChange: Parameters<typeof subscribe>[1]) {
        check()
        return subscribe(prefix + key, onChange)
      },
    }),
    ...(keys !== undefined && {
      async *keys() {
        check()
        for await (const key of keys()) if (key.startsWith(prefix)) yield key.slice(prefix.length)
      },
    }),
    close,
  }
}
