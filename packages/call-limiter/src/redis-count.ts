import { fingerprintOf } from '@evergrant/core'
import type { Cluster, Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Count } from './count.ts'
import type { Rate } from './rate.ts'
import { copyOf, isCluster } from './redis-copy.ts'
import { SLIDING_SCRIPT } from './sliding-script.ts'

interface Connection {
  readonly client: Redis | Cluster
  readonly limiter: RateLimiterRedis
  /** Its first attempt to connect, once there was one. */
  connected: Promise<void> | undefined
}

/**
 * A count that all processes share that have the same Redis, prefix and rate. Over a connection of its own, made after
 * the pattern of the client that is given. Keys are digests of those that are counted.
 */
export class RedisCount implements Count {
  readonly #open: () => Connection
  #connection: Connection
  #closed = false

  constructor(pattern: Redis | Cluster, prefix: string, { calls, windowMs }: Rate, timeoutMs: number) {
    this.#open = () => {
      const client = copyOf(pattern, timeoutMs)
      // An error that nobody hears is printed by ioredis; what fails shows where it is used. Credentials that were
      // refused are shown again for ever; the next copy has those that the pattern has by then.
      client.on('error', (error: unknown) => {
        if (isOfCredentials(error)) client.disconnect()
      })
      const limiter = new RateLimiterRedis({
        storeClient: client,
        keyPrefix: `${prefixOf(pattern)}${prefix}evergrant:limit:${calls}/${windowMs}`,
        points: calls,
        duration: windowMs,
        customIncrTtlLuaScript: SLIDING_SCRIPT,
        rejectIfRedisNotReady: true,
      })
      return { client, limiter, connected: undefined }
    }
    this.#connection = this.#open()
  }

  async take(key: string): Promise<number> {
    const limiter = await this.#ready()
    try {
      await limiter.consume(fingerprintOf(key))
      return 0
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext)
      throw refusal
    }
  }

  async pause(key: string, ms: number): Promise<void> {
    const limiter = await this.#ready()
    await limiter.penalty(fingerprintOf(key), 0, { customDuration: ms })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#connection.client.disconnect()
  }

  /** Connects on first use; after that, what is not connected fails. A client that is at its end has a successor. */
  async #ready(): Promise<RateLimiterRedis> {
    if (this.#connection.client.status === 'end' && !this.#closed) this.#connection = this.#open()
    const connection = this.#connection
    if (connection.client.status !== 'ready') {
      connection.connected ??= connection.client.connect()
      await connection.connected
    }
    return connection.limiter
  }
}

/** Also where a Cluster says it, of its last node. */
function isOfCredentials(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const last = 'lastNodeError' in error ? error.lastNodeError : error
  return last instanceof Error && /^(NOAUTH|WRONGPASS) /.test(last.message)
}

/** What the client puts before every key. It is left to us, because keys that a script is given do without. */
function prefixOf(pattern: Redis | Cluster): string {
  const own = pattern.options.keyPrefix
  const ofNodes = isCluster(pattern) ? pattern.options.redisOptions?.keyPrefix : undefined
  return String(own ?? '') || String(ofNodes ?? '')
}
