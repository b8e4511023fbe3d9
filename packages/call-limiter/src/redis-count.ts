import { fingerprintOf } from '@evergrant/core'
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Count } from './count.ts'
import { withHeardAsking } from './heard-asking.ts'
import type { Rate } from './rate.ts'
import { SLIDING_SCRIPT } from './sliding-script.ts'

/** How a connection behaves: what cannot be sent now is not sent later, for by then it is somebody else's turn. */
const MANNERS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  enableReadyCheck: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  keyPrefix: '',
  // Numbers as numbers, from either major of ioredis.
  protocol: 2,
  replyMapping: 'legacy',
  connectTimeout: 2_000,
  reconnectOnError: (error: Error) => error.message.includes('READONLY'),
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 10), 2_000),
} as const satisfies RedisOptions

/**
 * A count that all processes share that have the same Redis, prefix and rate. Over a connection of its own, made after
 * the pattern of the client that is given. Keys are digests of those that are counted.
 */
export class RedisCount implements Count {
  readonly #client: Redis | Cluster
  readonly #limiter: RateLimiterRedis
  #connected: Promise<void> | undefined

  constructor(pattern: Redis | Cluster, prefix: string, { calls, windowMs }: Rate, timeoutMs: number) {
    this.#client = copyOf(pattern, timeoutMs)
    // An error that nobody hears is printed by ioredis; what fails shows where it is used.
    this.#client.on('error', () => undefined)
    this.#limiter = new RateLimiterRedis({
      storeClient: this.#client,
      keyPrefix: `${prefixOf(pattern)}${prefix}evergrant:limit:${calls}/${windowMs}`,
      points: calls,
      duration: windowMs,
      customIncrTtlLuaScript: SLIDING_SCRIPT,
      rejectIfRedisNotReady: true,
    })
  }

  async take(key: string): Promise<number> {
    await this.#connection()
    try {
      await this.#limiter.consume(fingerprintOf(key))
      return 0
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext)
      throw refusal
    }
  }

  async pause(key: string, ms: number): Promise<void> {
    await this.#connection()
    await this.#limiter.penalty(fingerprintOf(key), 0, { customDuration: ms })
  }

  async close(): Promise<void> {
    this.#client.disconnect()
  }

  /** Connects on first use; after that, what is not connected fails. */
  #connection(): Promise<void> | undefined {
    if (this.#client.status === 'ready') return undefined
    this.#connected ??= this.#client.connect()
    return this.#connected
  }
}

function copyOf(pattern: Redis | Cluster, timeoutMs: number): Redis | Cluster {
  const own = { ...MANNERS, socketTimeout: timeoutMs }
  if (!isCluster(pattern)) return pattern.duplicate(own)
  const { keyPrefix: _, ...redisOptions } = { ...pattern.options.redisOptions, ...own }
  const copy = pattern.duplicate([], {
    lazyConnect: true,
    // The nodes of a Cluster connect on first use, and queue until then.
    enableOfflineQueue: true,
    scaleReads: 'master',
    keyPrefix: '',
    redisOptions,
  })
  return withHeardAsking(copy)
}

/** What the client puts before every key. It is left to us, because keys that a script is given do without. */
function prefixOf(pattern: Redis | Cluster): string {
  const own = pattern.options.keyPrefix
  const ofNodes = isCluster(pattern) ? pattern.options.redisOptions?.keyPrefix : undefined
  return String(own ?? '') || String(ofNodes ?? '')
}

function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}
