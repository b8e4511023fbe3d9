import { type Clock, EvergrantError, fail, type LimiterEvent } from '@evergrant/core'
import type { CallLimiter } from '@evergrant/core/calls'
import type { Cluster, Redis } from 'ioredis'
import { InsuredCount, type WhenUnreachable } from './insured-count.ts'
import { MemoryCount } from './memory-count.ts'
import { KEYS_MAX, WAITERS_MAX } from './memory-limiter.ts'
import { type RateOptions, rateOf, requireRange } from './rate.ts'
import { RedisCount } from './redis-count.ts'
import { systemTimers } from './system-timers.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface RedisLimiterOptions extends RateOptions {
  /**
   * A client of your own (`Redis` or `Cluster` of ioredis 5 or 6). It serves as a pattern: the limiter connects with
   * a copy that has its options, on first use, and neither uses nor closes the client itself.
   */
  readonly client: Redis | Cluster
  /** What all keys begin with, after the `keyPrefix` of the client. Empty by default. */
  readonly prefix?: string
  /**
   * What holds while Redis cannot be asked: `local`, the same limit for this process alone; `open`, none; `closed`,
   * no calls, which are turned away as `rate_limited`. `local` by default.
   */
  readonly whenUnreachable?: WhenUnreachable
  /** How long an answer of Redis is waited for, in ms. 500 by default. */
  readonly timeoutMs?: number
  /** Callers of this process that may wait at the same time, over all keys. 10,000 by default. */
  readonly waitersMax?: number
  /** Hears when Redis cannot be asked, and when it can again. */
  readonly onEvent?: (event: LimiterEvent) => void
  /** The system's timers by default. */
  readonly clock?: Clock
}

const PREFIX_CHARS_MAX = 256
const TIMEOUT_MS_MAX = 60_000

/**
 * A limit for the calls of all processes that have the same Redis, prefix and rate: never more than the rate within
 * any second, by Redis' own clock. First come first served within each process; among processes, chance decides.
 *
 * Close it: until then its connection keeps the process alive. Throws an `EvergrantError` of code `invalid_option` for
 * an option that is out of its range.
 */
export function redisLimiter(options: RedisLimiterOptions): Required<CallLimiter> {
  const {
    client,
    prefix = '',
    whenUnreachable = 'local',
    timeoutMs = 500,
    waitersMax = WAITERS_MAX,
  } = options
  const { clock = systemTimers, onEvent } = options
  requireRange('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX)
  requireRange('waitersMax', waitersMax, 0, Number.MAX_SAFE_INTEGER)
  requireRange('the length of prefix', prefix.length, 0, PREFIX_CHARS_MAX)
  if (!['local', 'open', 'closed'].includes(whenUnreachable)) {
    const message = 'Invalid option: whenUnreachable is none of local, open and closed.'
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  const rate = rateOf(options)
  const shared = new RedisCount(client, prefix, rate, timeoutMs)
  const local = new MemoryCount(rate, clock, KEYS_MAX)
  const count = new InsuredCount(shared, local, { instead: whenUnreachable, timeoutMs, clock, onEvent })
  return new WaitingRoom(count, { rate, clock, waitersMax })
}
