import { EvergrantError, fail } from '@evergrant/core'

/** How often calls may be made. */
export interface RateOptions {
  /** Calls per second, above 0 and up to 10,000; may be a fraction (0.5: one every two seconds). */
  readonly perSecond: number
  /**
   * How much longer than need be the window is in which calls are counted, in ms: calls overtake one another on their
   * way, and the API counts them as they arrive. 50 by default.
   */
  readonly jitterMs?: number
}

/** Never more than `calls` within any `windowMs`. */
export interface Rate {
  readonly calls: number
  readonly windowMs: number
}

const PER_SECOND_MAX = 10_000
const PER_SECOND_MIN = 1 / 3_600
const JITTER_MS = 50
const JITTER_MS_MAX = 60_000

/** Throws an `EvergrantError` of code `invalid_option` for a rate that is out of its range. */
export function rateOf({ perSecond, jitterMs = JITTER_MS }: RateOptions): Rate {
  requireRange('perSecond', perSecond, PER_SECOND_MIN, PER_SECOND_MAX)
  requireRange('jitterMs', jitterMs, 0, JITTER_MS_MAX)
  const calls = Math.max(1, Math.floor(perSecond))
  return { calls, windowMs: Math.ceil((calls * 1_000) / perSecond + jitterMs) }
}

export function requireRange(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  const message = `Invalid option: ${name} is ${value}, not a number from ${least} to ${most}.`
  throw new EvergrantError(fail('invalid_option', { message }))
}
