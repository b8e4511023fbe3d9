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
  const rows = new Rows(entriesMax, bytesMax, clock)
  const subscribers = new Map<string, Set<() => void>>()
  let closed = false

  function open(): Rows {
    if (closed) throw new EvergrantError(fail('closed', { message: 'The memory store was closed.' }))
    return rows
  }

  return {
    traits: { scope: 'process', durable: false, evicts: true, staleMsMax: 0 },
    read: async key => open().read(key),
    async write(key, change) {
      const result = open().write(key, change)
      if (result.written) for (const onChange of subscribers.get(key) ?? []) onChange()
      return result
    },
    async subscribe(key, onChange) {
      open()
      const hear = () => onChange()
      subscribers.set(key, (subscribers.get(key) ?? new Set()).add(hear))
      return async () => {
        const all = subscribers.get(key)
        all?.delete(hear)
        if (all?.size === 0) subscribers.delete(key)
      }
    },
    async *keys() {
      yield* open().keys()
    },
    async close() {
      closed = true
      rows.clear()
      subscribers.clear()
    },
  }
}

/** The records, and how they are replaced. */
class Rows {
  readonly #cache: LRUCache<string, Row>
  readonly #bytesMax: number
  readonly #clock: Pick<Clock, 'now'>
  #writes = 0

  constructor(entriesMax: number, bytesMax: number, clock: Pick<Clock, 'now'>) {
    // Expiry is decided here, by the injected clock; the cache's own would bring a second clock along.
    this.#cache = new LRUCache({ max: entriesMax, maxSize: bytesMax, sizeCalculation: bytesOf })
    this.#bytesMax = bytesMax
    this.#clock = clock
  }

  #row(key: string): Row | undefined {
    const row = this.#cache.get(key)
    if (row === undefined || row.goneAt > this.#clock.now()) return row
    this.#cache.delete(key)
    return undefined
  }

  read(key: string): Entry | undefined {
    const row = this.#row(key)
    if (row === undefined) return undefined
    const { value, version, storedAt } = row
    return { value, version, time: { storedAt, asOf: Math.max(this.#clock.now(), storedAt) } }
  }

  write(key: string, { value, expected, retainUntil }: Change): WriteResult {
    if (this.#row(key)?.version !== expected) return { written: false, entry: this.read(key) }
    const version = String(++this.#writes) as Version
    const storedAt = this.#clock.now()
    if (value === undefined) this.#cache.delete(key)
    else this.#put(key, { value, version, storedAt, goneAt: retainUntil ?? Number.POSITIVE_INFINITY })
    return { written: true, version, storedAt }
  }

  #put(key: string, row: Row): void {
    const bytes = bytesOf(row, key)
    // The cache would drop the old value and not take the new one.
    if (bytes > this.#bytesMax) {
      throw new RangeError(`A record of ${bytes} bytes exceeds bytesMax (${this.#bytesMax}).`)
    }
    this.#cache.set(key, row)
  }

  keys(): readonly string[] {
    return [...this.#cache.keys()].filter(key => this.#row(key) !== undefined)
  }

  clear(): void {
    this.#cache.clear()
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
