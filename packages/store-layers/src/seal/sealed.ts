import { type Entry, EvergrantError, fail, type Store } from '@evergrant/core'
import { gate } from '../gate.ts'
import { parseEnvelope } from './envelope.ts'
import type { Keyring } from './keyring.ts'
import { invalidOption } from './seal-failure.ts'

export interface SealedOptions {
  /**
   * What becomes of records in clear, written before sealing began. `refuse`, the default: they are not read. `read`:
   * they are, and sealed when they are next written. Whoever can write to the store can plant one then, so use it
   * only for as long as the change to sealing lasts.
   */
  readonly plain?: 'read' | 'refuse'
}

/**
 * Encryption at rest: what the store behind it holds can be read, and made, by those who have the keys only.
 *
 * Records are sealed with AES-256-GCM, and bound to their key of the store: one that is changed or copied to another
 * key does not open. New records are sealed under the ring's current key; what older keys have sealed is read. The
 * keys of the store, versions, sizes and times of writing are not hidden.
 *
 * A record that does not open is never taken for an absent one: reading rejects, with the id of the key that is
 * missing, and so does a write that is refused because of it. As a write replaces a version that was read, no record
 * is written over that this process could not open. An older record that somebody puts back opens, for it is genuine:
 * its generation gives it away to a process that holds a newer one.
 *
 * Operations reject with what {@link Keyring.open} and {@link Keyring.seal} reject with, and with code
 * `record_not_sealed`. Closing closes the store behind it and forgets the keys.
 */
export function sealed(store: Store, keyring: Keyring, options: SealedOptions = {}): Store {
  const { plain = 'refuse' } = options
  if (plain !== 'read' && plain !== 'refuse') throw invalidOption('plain is neither "read" nor "refuse".')
  const { check, close } = gate('sealed', [store], () => keyring.forget())
  const subscribe = store.subscribe?.bind(store)
  const keys = store.keys?.bind(store)

  async function opened(key: string, entry: Entry | undefined): Promise<Entry | undefined> {
    if (entry === undefined) return undefined
    if (parseEnvelope(entry.value) !== undefined) {
      return { ...entry, value: await keyring.open(entry.value, key) }
    }
    if (plain === 'refuse') throw new EvergrantError(fail('record_not_sealed'))
    return entry
  }

  return {
    traits: store.traits,
    async read(key) {
      check()
      return opened(key, await store.read(key))
    },
    async write(key, change) {
      check()
      const { value, retainUntil } = change
      const sealedValue = value === undefined ? undefined : await keyring.seal(value, key, retainUntil)
      const result = await store.write(key, { ...change, value: sealedValue })
      return result.written ? result : { written: false, entry: await opened(key, result.entry) }
    },
    ...(subscribe !== undefined && {
      async subscribe(key: string, onChange: Parameters<typeof subscribe>[1]) {
        check()
        return subscribe(key, onChange)
      },
    }),
    ...(keys !== undefined && {
      async *keys() {
        check()
        yield* keys()
      },
    }),
    close,
  }
}
