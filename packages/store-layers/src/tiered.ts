import type { Change, Clock, Entry, Store, WriteResult } from '@evergrant/core'
import { gate, requireSpan } from './gate.ts'
import { NearCopies } from './near-copies.ts'
import { platformClock } from './platform-clock.ts'

export interface TieredOptions {
  /**
   * How long, in ms, an entry may be read from `near` without asking `far`: what a lost hint can cost. 1 to
   * 60,000; 1,000 by default.
   */
  readonly freshForMs?: number
  /** The clock by which copies age. The platform's monotonic one by default. */
  readonly clock?: Pick<Clock, 'now'>
}

type OnChange = Parameters<NonNullable<Store['subscribe']>>[1]

const FRESH_FOR_MS = 1_000
const FRESH_FOR_MS_MAX = 60_000

/**
 * A far store, which is the truth, behind a near one, which is quick: a memory before a server.
 *
 * Every write goes to `far` and is compared there, so a copy that has become stale can be read, never be
 * written upon. A read is answered from `near` for at most `freshForMs` after `far` was asked, as the trait
 * `staleMsMax` says. A copy goes sooner when this process writes the key, or when it has subscribed to the key
 * and `far` tells of a change; whoever reads on hearing that reads the change. Nobody is shown a version, or an
 * absence, and afterwards an older one.
 *
 * When `far` fails, so do writes, and reads of what `near` has no fresh copy of. When `near` fails nothing
 * does: `far` is asked. Put nothing slow there, for it is waited for; and something that is bounded by itself,
 * for nothing is ever removed from it here. Time is `far`'s, and off by no more than 250 ms in what is read
 * from `near`. Closing closes both.
 *
 * Throws an `EvergrantError` of code `invalid_option` when `freshForMs` is out of range.
 */
export function tiered(near: Store, far: Store, options: TieredOptions = {}): Store {
  const { freshForMs = FRESH_FOR_MS, clock = platformClock } = options
  requireSpan('freshForMs', freshForMs, 1, FRESH_FOR_MS_MAX)
  const copies = new NearCopies(near, freshForMs, clock)
  const { check, close } = gate('tiered', [near, far])
  const subscribe = far.subscribe?.bind(far)
  const keys = far.keys?.bind(far)

  return {
    traits: { ...far.traits, staleMsMax: far.traits.staleMsMax + freshForMs },
    async read(key) {
      check()
      const sighting = await copies.look(key)
      if (sighting.entry !== undefined) return sighting.entry
      const sentAt = clock.now()
      const entry = await far.read(key)
      await copies.keep(key, sighting, entry, sentAt)
      return entry
    },
    async write(key, change) {
      check()
      const sighting = await copies.look(key)
      const sentAt = clock.now()
      let result: WriteResult
      try {
        result = await far.write(key, change)
      } catch (error) {
        // It may have been done all the same.
        await copies.forget(key)
        throw error
      }
      await copies.keep(key, sighting, entryAfter(change, result), sentAt)
      return result
    },
    ...(subscribe !== undefined && {
      async subscribe(key: string, onChange: OnChange) {
        check()
        return subscribe(key, (...told) => {
          // From the call on, not from its end, no older copy is used.
          copies.forget(key).catch(() => undefined)
          onChange(...told)
        })
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

/** What `far` holds after it has answered a write. */
function entryAfter({ value }: Change, result: WriteResult): Entry | undefined {
  if (!result.written) return result.entry
  if (value === undefined) return undefined
  const { version, storedAt } = result
  return storedAt === undefined ? { value, version } : { value, version, time: { storedAt, asOf: storedAt } }
}
