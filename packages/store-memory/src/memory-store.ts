import {
  type Change,
  type Clock,
  type Entry,
  EvergrantError,
  fail,
  type Store,
  type Version,
  type WriteResult,
} from '@evergrant/core'
import { LRUCache } from 'lru-cache'

export interface MemoryStoreOptions {
  /** Most records to keep. 1 or more, 10,000 by default. */
  readonly entriesMax?: number
  /** Most bytes to keep, keys and values counted as UTF-16. 1 or more, 64 MiB by default. */
  readonly bytesMax?: number
  /** The clock that ages records. `Date.now` by default, which is good enough inside one process. */
  readonly clock?: Pick<Clock, 'now'>
}

interface Row {
  readonly value: string
  readonly version: Version
  readonly storedAt: number
  readonly goneAt: number
}

const ENTRIES_MAX = 10_000
const BYTES_MAX = 64 * 1024 * 1024

/**
 * A store in the memory of this process. When it is full, the record that was used longest ago goes, so it
 * says of itself that it evicts: a delegated grant whose refresh token is nowhere else does not belong here
 * alone.
 *
 * A value that is larger than `bytesMax` is refused by a rejection and nothing else changes. Throws an
 * `EvergrantError` of code `invalid_option` when a bound is not a whole number of at least 1.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const { entriesMax = ENTRIES_MAX, bytesMax = BYTES_MAX, clock = { now: () => Date.now() } } = options
  requireBound('entriesMax', entriesMax)
  requireBound('bytesMax', bytesMax)
  // Expiry is decided here, by the injected clock; the cache's own would bring a second clock along.
  const rows = new LRUCache<string, Row>({ max: entriesMax, maxSize: bytesMax, sizeCalculation: bytesOf })
  const subscribers = new Map<string, Set<() => void>>()
  let writes = 0
  let closed = false

  function rowOf(key: string): Row | undefined {
    const row = rows.get(key)
    if (row === undefined || row.goneAt > clock.now()) return row
    rows.delete(key)
    return undefined
  }

  function read(key: string): Entry | undefined {
    const row = rowOf(key)
    if (row === undefined) return undefined
    const { value, version, storedAt } = row
    return { value, version, time: { storedAt, asOf: Math.max(clock.now(), storedAt) } }
  }

  function write(key: string, { value, expected, retainUntil }: Change): WriteResult {
    if (rowOf(key)?.version !== expected) return { written: false, entry: read(key) }
    const version = String(++writes) as Version
    const storedAt = clock.now()
    if (value === undefined) rows.delete(key)
    else put(key, { value, version, storedAt, goneAt: retainUntil ?? Number.POSITIVE_INFINITY })
    for (const onChange of subscribers.get(key) ?? []) onChange()
    return { written: true, version, storedAt }
  }

  function put(key: string, row: Row): void {
    // The cache would drop the old value and not take the new one.
    if (bytesOf(row, key) > bytesMax)
      throw new RangeError(`A record of ${bytesOf(row, key)} bytes exceeds bytesMax (${bytesMax}).`)
    rows.set(key, row)
  }

  function assertOpen(): void {
    if (closed) throw new EvergrantError(fail('closed', { message: 'The memory store was closed.' }))
  }

  return {
    traits: { scope: 'process', durable: false, evicts: true, staleMsMax: 0 },
    async read(key) {
      assertOpen()
      return read(key)
    },
    async write(key, change) {
      assertOpen()
      return write(key, change)
    },
    async subscribe(key, onChange) {
      assertOpen()
      const hear = () => onChange()
      subscribers.set(key, (subscribers.get(key) ?? new Set()).add(hear))
      return async () => {
        const all = subscribers.get(key)
        all?.delete(hear)
        if (all?.size === 0) subscribers.delete(key)
      }
    },
    async close() {
      closed = true
      rows.clear()
      subscribers.clear()
    },
  }
}

/** What a record takes, as UTF-16, with an allowance for what surrounds it. */
function bytesOf(row: Row, key: string): number {
  return 2 * (key.length + row.value.length + row.version.length) + 64
}

function requireBound(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  const message = `Invalid option: ${name} is ${value}, not a whole number of at least 1.`
  throw new EvergrantError(fail('invalid_option', { message }))
}
