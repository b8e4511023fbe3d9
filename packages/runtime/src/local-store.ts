import type { Change, Clock, Entry, Store, Version, WriteResult } from '@evergrant/core'
import { sharedClock } from './system-clock.ts'

/** Records that a local store keeps unless it is told otherwise: what a resting grant leaves behind is small. */
export const LOCAL_ENTRIES_MAX = 100_000

export interface LocalStoreOptions {
  /** Records to keep; beyond it, the one written longest ago goes. 1 or more, 100,000 by default. */
  readonly entriesMax?: number
  readonly clock?: Clock
}

/**
 * A store in the memory of this process, which is what a runtime uses when it is given none. Nobody else sees
 * it and nothing survives; for limits by size, or a shared store, choose an adapter.
 */
export function localStore(options: LocalStoreOptions = {}): Store {
  const { entriesMax = LOCAL_ENTRIES_MAX, clock = sharedClock() } = options
  const records = new Map<
    string,
    { readonly value: string; readonly write: number; readonly storedAt: number }
  >()
  let writes = 0

  function read(key: string): Entry | undefined {
    const record = records.get(key)
    if (record === undefined) return undefined
    const { value, storedAt } = record
    return { value, version: versionOf(record.write), time: { storedAt, asOf: clock.now() } }
  }

  function write(key: string, { value, expected }: Change): WriteResult {
    const found = records.get(key)
    if ((found && versionOf(found.write)) !== expected) return { written: false, entry: read(key) }
    writes += 1
    const storedAt = clock.now()
    records.delete(key)
    if (value !== undefined) records.set(key, { value, write: writes, storedAt })
    if (records.size > entriesMax) records.delete(records.keys().next().value as string)
    return { written: true, version: versionOf(writes), storedAt }
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

function versionOf(write: number): Version {
  return String(write) as Version
}
