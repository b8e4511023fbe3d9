import type { Clock } from '@evergrant/core'

interface WakeUp {
  readonly at: number
  /** Breaks ties: first asked, first called. */
  readonly order: number
  readonly callback: () => void
}

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** Lets `ms` pass. Wake-ups fire in order on the way, each after everything before it has come to rest. */
  advance(ms: number): Promise<void>
  /** Moves the clock without firing anything, as a machine that slept or a clock that was set. */
  jump(ms: number): void
  /** How many wake-ups are asked for. */
  readonly pending: number
  /** The instant of the next wake-up; `undefined` when there is none. */
  readonly nextAt: number | undefined
}

/** An arbitrary but fixed beginning: 2026-01-01T00:00:00Z. */
const EPOCH_MS = 1_767_225_600_000

/** A virtual clock that begins at `startAt` (epoch ms; the first moment of 2026 by default). */
export function virtualClock(startAt: number = EPOCH_MS): VirtualClock {
  let now = startAt
  let order = 0
  const wakeUps = new Set<WakeUp>()

  function next(): WakeUp | undefined {
    let first: WakeUp | undefined
    for (const wakeUp of wakeUps) {
      if (
        first === undefined ||
        wakeUp.at < first.at ||
        (wakeUp.at === first.at && wakeUp.order < first.order)
      ) {
        first = wakeUp
      }
    }
    return first
  }

  async function advance(ms: number): Promise<void> {
    const end = now + ms
    await atRest()
    for (let due = next(); due !== undefined && due.at <= end; due = next()) {
      wakeUps.delete(due)
      now = Math.max(now, due.at)
      due.callback()
      await atRest()
    }
    now = Math.max(now, end)
  }

  return {
    now: () => now,
    wake(at, callback) {
      const wakeUp = { at, callback, order: ++order }
      wakeUps.add(wakeUp)
      return () => {
        wakeUps.delete(wakeUp)
      }
    },
    advance,
    jump(ms) {
      now += ms
    },
    get pending() {
      return wakeUps.size
    },
    get nextAt() {
      return next()?.at
    },
  }
}

/** Resolves when all promises that can settle without time or I/O have settled. */
export function atRest(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
