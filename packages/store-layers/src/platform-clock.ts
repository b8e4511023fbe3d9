import type { Clock } from '@evergrant/core'

/** Longest sleep of a timer, in ms; beyond 2^31 it would fire at once. */
const SLEEP_MS_MAX = 60_000

/**
 * The platform's monotonic clock, counted from the moment at which this process believes to have begun. For
 * spans only: it is never set, but it stands still while the machine sleeps.
 */
export const platformClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wake(at, callback) {
    let timer: unknown
    const arm = () => {
      const leftMs = at - platformClock.now()
      timer = setTimeout(leftMs > SLEEP_MS_MAX ? arm : callback, Math.min(Math.max(0, leftMs), SLEEP_MS_MAX))
      // Node and Bun have timers that can let the process go; browsers and workers have numbers.
      if (typeof timer === 'object' && timer !== null && 'unref' in timer)
        (timer as { unref(): void }).unref()
    }
    arm()
    return () => clearTimeout(timer as number)
  },
}
