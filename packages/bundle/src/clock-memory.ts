import { type Entry, MembersReader, type Store } from '@evergrant/core'
import { refused } from './bundle-failure.ts'

/**
 * Remembers in a store the latest time that was ever seen, so that a clock which was set back is noticed: it would make
 * expired bundles and tokens valid again. It protects against mistakes and flat batteries. Who can write to the store
 * can make it forget.
 */
export interface ClockMemory {
  /** Epoch ms; `undefined` when nothing is remembered. */
  latest(): Promise<number | undefined>
  /** Remembers `at` (epoch ms) unless a later time is remembered already. */
  saw(at: number): Promise<void>
  /** Forgets everything, for when the clock was ahead by mistake and has been set right. */
  forget(): Promise<void>
}

const KEY = 'evergrant:1:clock'
const FORMAT = 1
/** Others may write in between; so often in a row they do not. */
const ATTEMPTS_MAX = 20

export function clockMemory(store: Store): ClockMemory {
  async function write(entry: Entry | undefined, next: (latest: number | undefined) => string | undefined) {
    let current = entry
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const value = next(current && latestOf(current.value))
      if (value === current?.value) return
      const result = await store.write(KEY, { value, expected: current?.version })
      if (result.written) return
      current = result.entry
    }
  }
  return {
    async latest() {
      const entry = await store.read(KEY)
      return entry && latestOf(entry.value)
    },
    async saw(at) {
      await write(await store.read(KEY), (latest = at) =>
        JSON.stringify({ format: FORMAT, latestAt: Math.floor(Math.max(latest, at)) }),
      )
    },
    async forget() {
      await write(await store.read(KEY), () => undefined)
    },
  }
}

/** The last instant that has a date (ECMA-262 §21.4.1.1). */
const INSTANT_MAX = 8.64e15

/** What is not readable is not remembered. */
function latestOf(value: string): number | undefined {
  try {
    const reader = new MembersReader(JSON.parse(value))
    const latestAt = reader.count('latestAt')
    return reader.count('format') === FORMAT && latestAt <= INSTANT_MAX ? latestAt : undefined
  } catch {
    return undefined
  }
}

/** How far the clocks of two machines may be apart, in ms. */
export const CLOCK_TOLERANCE_MS = 300_000

/** Rejects with `clock_set_back` when `now` is before what is remembered, by more than clocks are usually corrected. */
export async function requireForward(memory: ClockMemory, now: number, toleranceMs: number): Promise<void> {
  const latest = await memory.latest()
  if (latest === undefined || now + toleranceMs >= latest) return
  const seen = new Date(latest).toISOString()
  throw refused('clock_set_back', {
    message: `The clock of this machine shows ${new Date(now).toISOString()}, and has shown ${seen} before; set it right.`,
  })
}
