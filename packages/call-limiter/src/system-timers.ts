import type { Clock } from '@evergrant/core'

/** Beyond this, in ms, a timer of the platform fires at once. */
export const TIMER_MS_MAX: number = 2 ** 31 - 1

/**
 * Time as a limit needs it: steady, whatever happens to the wall clock. Timers keep the process alive only while
 * somebody holds the clock because a caller waits.
 */
export const systemTimers: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wake(at, callback) {
    const ms = Math.ceil(at - systemTimers.now())
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), TIMER_MS_MAX))
    timer.unref()
    return () => clearTimeout(timer)
  },
  hold() {
    const keeper = setTimeout(() => undefined, TIMER_MS_MAX)
    return () => clearTimeout(keeper)
  },
}
