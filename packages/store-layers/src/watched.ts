import type { Clock, Store, Version } from '@evergrant/core'
import { gate, requireSpan } from './gate.ts'
import { platformClock } from './platform-clock.ts'
import { pollRounds } from './poll-rounds.ts'

export interface WatchedOptions {
  /** Time between two looks at every key that somebody watches, in ms. 10 to 60,000; 1,000 by default. */
  readonly pollMs?: number
  /** The clock that wakes it. The platform's monotonic one by default. */
  readonly clock?: Clock
}

/** What is known of a key that somebody watches. */
interface Watch {
  readonly listeners: Set<() => void>
  version: Version | undefined
  /** Rises with each own write: an older look tells nothing then. */
  writes: number
}

const POLL_MS = 1_000
const POLL_MS_MIN = 10
const POLL_MS_MAX = 60_000

/**
 * Adds `subscribe` to a store that cannot tell of changes: all keys that are subscribed to are read every
 * `pollMs`, a few at a time, and their versions compared. One's own writes are told of at once. One timer for
 * all keys, none while there is no subscription; it does not keep the process alive.
 *
 * A store that tells of changes by itself is given back as it is. Closing closes the store behind it. Throws an
 * `EvergrantError` of code `invalid_option` when `pollMs` is out of range.
 */
export function watched(store: Store, options: WatchedOptions = {}): Store {
  const { pollMs = POLL_MS, clock = platformClock } = options
  requireSpan('pollMs', pollMs, POLL_MS_MIN, POLL_MS_MAX)
  if (store.subscribe !== undefined) return store
  const keys = store.keys?.bind(store)
  const watches = new Map<string, Watch>()
  const rounds = pollRounds(clock, pollMs, () => watches.keys(), poll)
  const { check, close } = gate('watched', [store], () => {
    watches.clear()
    rounds.stop()
  })

  async function poll(key: string): Promise<void> {
    const watch = watches.get(key)
    const writes = watch?.writes
    const version = (await store.read(key))?.version
    if (watch !== undefined && watch.writes === writes) note(watch, version)
  }

  function note(watch: Watch, version: Version | undefined): void {
    if (watch.version === version) return
    watch.version = version
    for (const hear of [...watch.listeners]) {
      try {
        hear()
      } catch {
        // A listener is a guest: what it throws must not make a write fail that was done.
      }
    }
  }

  return {
    traits: store.traits,
    async read(key) {
      check()
      return store.read(key)
    },
    async write(key, change) {
      check()
      const result = await store.write(key, change)
      const watch = watches.get(key)
      if (!result.written || watch === undefined) return result
      watch.writes += 1
      note(watch, change.value === undefined ? undefined : result.version)
      return result
    },
    async subscribe(key, onChange) {
      check()
      const version = watches.has(key) ? undefined : (await store.read(key))?.version
      check()
      const watch = watches.get(key) ?? { listeners: new Set(), version, writes: 0 }
      watches.set(key, watch)
      const hear = () => onChange()
      watch.listeners.add(hear)
      rounds.start()
      return async () => {
        watch.listeners.delete(hear)
        if (watch.listeners.size === 0 && watches.get(key) === watch) watches.delete(key)
        if (watches.size === 0) rounds.stop()
      }
    },
    ...(keys !== undefined && {
      async *keys() {
        check()
        yield* keys()
      },
    }),
    close,
  }
}
