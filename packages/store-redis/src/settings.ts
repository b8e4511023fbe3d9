import { type Clock, EvergrantError, fail } from '@evergrant/core'
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { Notify } from './notice.ts'

export interface RedisStoreOptions {
  /** `redis://` or, with TLS, `rediss://`, with user and password if need be, without a database number. */
  readonly url?: string
  /** Options of ioredis, for TLS, Sentinel and the like; together with `url` or instead of it. */
  readonly connection?: RedisOptions
  /**
   * A client of your own (`Redis` or `Cluster` of ioredis 5 or 6) instead of the two above. It serves as a
   * pattern: the store connects with copies that have its options, and neither uses nor closes the client
   * itself. Make it with `lazyConnect: true` if it serves no other purpose.
   */
  readonly client?: Redis | Cluster
  /** What all keys and channels begin with, after the `keyPrefix` of the client. Empty by default. */
  readonly prefix?: string
  /** Longest time for one operation, attempts and reconnection included, in ms. 1,500 by default. */
  readonly commandTimeoutMs?: number
  /** Longest time to connect, TLS included, in ms. 2,000 by default. */
  readonly connectTimeoutMs?: number
  /** Time between two checks that the connection for hints is alive, in ms. 10,000 by default. */
  readonly probeIntervalMs?: number
  /** Operations that may be under way at once; more are rejected. 10,000 by default. */
  readonly pendingMax?: number
  /** Keys that may be subscribed to at once; more are rejected. 100,000 by default. */
  readonly subscriptionsMax?: number
  /** Largest value to write, in bytes of UTF-8. 1 MiB by default. */
  readonly valueBytesMax?: number
  /**
   * Whether the server keeps what it has acknowledged over a restart (`appendonly yes`, or the like). No client
   * can find out for sure, so the answer is yours. `false` by default.
   */
  readonly durable?: boolean
  /**
   * Whether the server may drop records to save memory (`maxmemory-policy` is not `noeviction`). Yours to
   * answer, too. `true` by default.
   */
  readonly evicts?: boolean
  /** Hears what an operator may want to know. */
  readonly onNotice?: Notify
  /** The clock by which `retainUntil` was reckoned. `Date.now` by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/** The numbers among the options, with their defaults filled in. */
export interface Limits {
  readonly commandTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly probeIntervalMs: number
  readonly pendingMax: number
  readonly subscriptionsMax: number
  readonly valueBytesMax: number
}

const DEFAULTS: Limits = {
  commandTimeoutMs: 1_500,
  connectTimeoutMs: 2_000,
  probeIntervalMs: 10_000,
  pendingMax: 10_000,
  subscriptionsMax: 100_000,
  valueBytesMax: 1_048_576,
}

/** Beyond this, in ms, a timer of the platform fires at once. */
const LIMIT_MAX = 2 ** 31 - 1

/** The limits of a store. Throws `invalid_option` when one is out of its range. */
export function limitsOf(options: RedisStoreOptions): Limits {
  const limits = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as (keyof Limits)[]) {
    const value = options[name] ?? DEFAULTS[name]
    if (!Number.isSafeInteger(value) || value < 1 || value > LIMIT_MAX) {
      throw invalidOption(`${name} is ${value}, not a whole number from 1 to ${LIMIT_MAX}.`)
    }
    limits[name] = value
  }
  return limits
}

export function invalidOption(complaint: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${complaint}` }))
}
