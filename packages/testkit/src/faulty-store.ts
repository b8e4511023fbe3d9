import type { Change, Entry, Store, WriteResult } from '@evergrant/core'

/**
 * How an operation goes wrong.
 *
 * - `refused`: it fails and has done nothing.
 * - `applied`: it fails although it was done; for a read, the same as `refused`.
 * - `stalled`: it never settles, and is never done.
 */
export type StoreFault = 'refused' | 'applied' | 'stalled'

/** A store that fails on demand. */
export interface FaultyStore extends Store {
  /** Makes the next operations of a kind go wrong, one after another. */
  fault(operation: 'read' | 'write', ...faults: StoreFault[]): void
  /** While set, every operation goes wrong this way. */
  outage: StoreFault | undefined
  /** How many operations of a kind there were, failed ones included. */
  readonly counts: { reads: number; writes: number }
}

/** Wraps a store so that a test can make it fail. */
export function faultyStore(inner: Store): FaultyStore {
  const faults: Record<'read' | 'write', StoreFault[]> = { read: [], write: [] }
  const counts = { reads: 0, writes: 0 }

  async function run<Result>(operation: 'read' | 'write', work: () => Promise<Result>): Promise<Result> {
    const fault = store.outage ?? faults[operation].shift()
    if (fault === undefined) return work()
    if (fault === 'stalled') return new Promise(() => undefined)
    if (fault === 'applied') await work()
    throw new Error(`the store has failed (${fault})`)
  }

  const store: FaultyStore = {
    traits: inner.traits,
    counts,
    outage: undefined,
    fault(operation, ...more) {
      faults[operation].push(...more)
    },
    read(key: string): Promise<Entry | undefined> {
      counts.reads += 1
      return run('read', () => inner.read(key))
    },
    write(key: string, change: Change): Promise<WriteResult> {
      counts.writes += 1
      return run('write', () => inner.write(key, change))
    },
    ...(inner.subscribe === undefined ? {} : { subscribe: inner.subscribe.bind(inner) }),
    ...(inner.keys === undefined ? {} : { keys: inner.keys.bind(inner) }),
    ...(inner.close === undefined ? {} : { close: inner.close.bind(inner) }),
  }
  return store
}
