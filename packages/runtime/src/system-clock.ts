import type { Clock } from '@evergrant/core'
import { WakeHeap, type WakeUp } from './wake-heap.ts'

/** The operating system's clocks and timer, as far as a clock needs them. Replaceable for tests. */
export interface TimeSource {
  /** Epoch ms; may be set back and forth. */
  wallMs(): number
  /** Ms since some moment; never set, but may stop while the machine sleeps. */
  monotonicMs(): number
  /** A timer, which keeps the process alive only if it says so. `ms` is at most 60,000. */
  after(ms: number, callback: () => void, keepsAlive: boolean): () => void
}

/** How long, in ms, the wall clock is trusted before it is compared with the monotonic one again. */
const TRUST_MS = 1_000
/** Disagreements below this, in ms, are measuring noise. */
const NOISE_MS = 50
/**
 * Longest sleep of the timer. Far below 2^31 ms, beyond which `setTimeout` fires at once; and short enough to
 * notice within a minute that the machine has slept, which timers do not count.
 */
const SLEEP_MS_MAX = 60_000

/**
 * A clock that never runs backwards, out of two that may be wrong: the wall clock, which goes on while a
 * machine sleeps but may be set back, and the monotonic one, which cannot be set but may stand still.
 * Whichever says that more time has passed is believed.
 *
 * Any number of wake-ups share one timer.
 */
export function systemClock(time: TimeSource = systemTime): Clock {
  let onLeap: () => void = () => undefined
  const now = believedTime(time, () => onLeap())
  const { rearm, ...alarms } = alarmsBy(time, now)
  onLeap = rearm
  return { now, ...alarms }
}

/** The time of the two clocks together. `onLeap` is called when more time turns out to have passed than timers know of. */
function believedTime(time: TimeSource, onLeap: () => void): () => number {
  // The time is the wall clock plus a shift. The anchor ties the monotonic clock to it.
  let shiftMs = 0
  let lastWall = time.wallMs()
  let anchorMs = lastWall - time.monotonicMs()
  let trustedUntil = lastWall + TRUST_MS

  function now(): number {
    const wall = time.wallMs()
    const hasLeapt = (wall < lastWall || wall >= trustedUntil) && check(wall)
    lastWall = wall
    if (hasLeapt) onLeap()
    return wall + shiftMs
  }

  /** Whether more time has passed than the monotonic clock says. */
  function check(wall: number): boolean {
    const shiftBefore = shiftMs
    const aheadMs = wall + shiftMs - (anchorMs + time.monotonicMs())
    // Set back: go on as the monotonic clock says. Slept, or set forward: go on as the wall clock says.
    if (aheadMs < -NOISE_MS) shiftMs -= aheadMs
    else if (aheadMs > NOISE_MS) anchorMs += aheadMs
    // Set back by no more than noise: stand still instead.
    if (wall < lastWall) shiftMs = Math.max(shiftMs, shiftBefore + lastWall - wall)
    trustedUntil = wall + TRUST_MS
    return aheadMs > NOISE_MS
  }

  return now
}

interface Alarms extends Required<Pick<Clock, 'wake' | 'hold'>> {
  /** Sets the timer anew if it would fire too late. */
  readonly rearm: () => void
}

/** Wake-ups on one timer. */
function alarmsBy(time: TimeSource, now: () => number): Alarms {
  const heap = new WakeHeap()
  let cancelTimer: (() => void) | undefined
  /** When the timer fires, by the monotonic clock. */
  let firesAtMs = Number.POSITIVE_INFINITY
  let holders = 0

  function arm(): void {
    // It may find a leap, and set the timer itself.
    const nowMs = now()
    cancelTimer?.()
    cancelTimer = undefined
    firesAtMs = Number.POSITIVE_INFINITY
    if (heap.first === undefined) return
    const ms = Math.min(Math.max(Math.ceil(heap.first.at - nowMs), 0), SLEEP_MS_MAX)
    firesAtMs = time.monotonicMs() + ms
    cancelTimer = time.after(ms, fire, holders > 0)
  }

  /**
   * Sets the timer anew if it would fire too late, for a machine may have slept, or its clock been set, since it
   * was set. One that is about to fire is left alone, or it never would while wake-ups keep coming.
   */
  function rearm(): void {
    if (heap.first === undefined) return
    const ms = Math.max(heap.first.at - now(), 0)
    if (firesAtMs - time.monotonicMs() > ms + NOISE_MS) arm()
  }

  function fire(): void {
    cancelTimer = undefined
    const at = now()
    const due: WakeUp[] = []
    for (let { first } = heap; first !== undefined && first.at <= at; { first } = heap) {
      heap.remove(first)
      due.push(first)
    }
    arm()
    for (const { callback } of due) callback()
  }

  function wake(at: number, callback: () => void): () => void {
    const wakeUp: WakeUp = { at, callback, index: -1 }
    heap.add(wakeUp)
    if (heap.first === wakeUp) arm()
    else rearm()
    return () => {
      heap.remove(wakeUp)
      // Otherwise the timer fires early, finds nothing due, and is set again.
      if (heap.first === undefined) arm()
    }
  }

  function hold(): () => void {
    if (++holders === 1) arm()
    let held = true
    return () => {
      if (!held) return
      held = false
      if (--holders === 0) arm()
    }
  }

  return { wake, hold, rearm }
}

const systemTime: TimeSource = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, callback, keepsAlive) {
    const timer: unknown = setTimeout(callback, ms)
    // Node and Bun have timers that can let the process go; browsers and workers have numbers.
    const canLetGo = typeof timer === 'object' && timer !== null && 'unref' in timer
    if (canLetGo && !keepsAlive) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
}

let shared: Clock | undefined

/** The clock of all runtimes that are given none: one timer for the whole process. Made on first use. */
export function sharedClock(): Clock {
  shared ??= systemClock()
  return shared
}
