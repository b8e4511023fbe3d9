import type { Change, Clock, Entry, Store, Version, WriteResult } from '@evergrant/core'
import { sharedClock } from './system-clock.ts'

export interface LocalStoreOptions {
  /** Records to keep; beyond it, the one written longest ago goes. 1 or more, 10,000 by default. */
  readonly entriesMax?: number
  readonly clock?: Clock
}

/**
 * A store in the memory of this process, which is what a runtime uses when it is given none. Nobody else sees
 * it and nothing survives; for limits by size, or a shared store, choose an adapter.
 */
export function localStore(options: LocalStoreOptions = {}): Store {
  const { entriesMax = 10_000, clock = sharedClock() } = options
  const records = new Map<string, { value: string; version: Version; storedAt: number }>()
  let writes = 0

  function read(key: string): Entry | undefined {
    const record = records.get(key)
    if (record === undefined) return undefined
    const { value, version, storedAt } = record
    return { value, version, time: { storedAt, asOf: clock.now() } }
  }

  function write(key: string, { value, expected }: Change): WriteResult {
    if (records.get(key)?.version !== expected) return { written: false, entry: read(key) }
    const version = String(++writes) as Version
    const storedAt = clock.now()
    records.delete(key)
    if (value !== undefined) records.set(key, { value, version, storedAt })
    if (records.size > entriesMax) records.delete(records.keys().next().value as string)
    return { written: true, version, storedAt }
  }

  return {
    traits: { scope: 'process', durable: false, evicts: true, staleMsMax: 0 },
    read: async key => read(key),
    write: async (key, change) => write(key, change),
    async *keys() {
      yield* [...records.keys()]
    },
  }
}
