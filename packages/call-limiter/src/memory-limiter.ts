import type { Clock } from '@evergrant/core'
import type { CallLimiter } from '@evergrant/core/calls'
import { MemoryCount } from './memory-count.ts'
import { type RateOptions, rateOf, requireRange } from './rate.ts'
import { systemTimers } from './system-timers.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface MemoryLimiterOptions extends RateOptions {
  /** Callers that may wait at the same time, over all keys; further ones are turned away. 10,000 by default. */
  readonly waitersMax?: number
  /** Keys whose calls are remembered; the one called longest ago goes first. 1,000 by default. */
  readonly keysMax?: number
  /** The system's timers by default. */
  readonly clock?: Clock
}

export const WAITERS_MAX = 10_000
export const KEYS_MAX = 1_000

/**
 * A limit for the calls of this process: never more than the rate within any second, first come first served. Throws
 * an `EvergrantError` of code `invalid_option` for a number that is out of its range.
 */
export function memoryLimiter(options: MemoryLimiterOptions): Required<CallLimiter> {
  const { waitersMax = WAITERS_MAX, keysMax = KEYS_MAX, clock = systemTimers } = options
  requireRange('waitersMax', waitersMax, 0, Number.MAX_SAFE_INTEGER)
  requireRange('keysMax', keysMax, 1, Number.MAX_SAFE_INTEGER)
  const rate = rateOf(options)
  return new WaitingRoom(new MemoryCount(rate, clock, keysMax), { rate, clock, waitersMax })
}
