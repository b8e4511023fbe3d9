import type { Clock } from '@evergrant/core'
import { type VirtualClock, virtualClock } from '@evergrant/testkit'

/** A clock on which every pause is over at once: it moves when it is asked to wait. */
export function hurriedClock(clock: VirtualClock = virtualClock()): Clock {
  return {
    now: clock.now,
    wake(at, callback) {
      const cancel = clock.wake(at, callback)
      setImmediate(() => clock.advance(Math.max(0, at - clock.now())).catch(() => undefined))
      return cancel
    },
  }
}
