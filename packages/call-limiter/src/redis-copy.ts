import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { withHeardAsking } from './heard-asking.ts'

/**
 * How a connection behaves, whatever the client does after which it is made: what cannot be sent now is not sent later,
 * for by then it is somebody else's turn; and it never gives up.
 */
const MANNERS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  enableReadyCheck: true,
  enableAutoPipelining: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  keyPrefix: '',
  // Only a master counts.
  role: 'master',
  readOnly: false,
  monitor: false,
  // Numbers as numbers, from either major of ioredis.
  stringNumbers: false,
  protocol: 2,
  replyMapping: 'legacy',
  connectTimeout: 2_000,
  reconnectOnError: (error: Error) => error.message.includes('READONLY'),
  retryStrategy: retryDelayMs,
  sentinelRetryStrategy: retryDelayMs,
} as const satisfies RedisOptions

/** A client of its own for a limiter, made after the pattern of somebody else's; it is not connected yet. */
export function copyOf(pattern: Redis | Cluster, timeoutMs: number): Redis | Cluster {
  const own = { ...MANNERS, socketTimeout: timeoutMs, commandTimeout: undefined }
  if (!isCluster(pattern)) return pattern.duplicate({ ...own, ...tlsToServers(pattern.options) })
  const { keyPrefix: _, ...redisOptions } = { ...pattern.options.redisOptions, ...own }
  const copy = pattern.duplicate([], {
    lazyConnect: true,
    // The nodes of a Cluster connect on first use, and queue until then.
    enableOfflineQueue: true,
    enableAutoPipelining: false,
    scaleReads: 'master',
    keyPrefix: '',
    clusterRetryStrategy: retryDelayMs,
    // Moved once and on its way once, but not for as long as a Cluster is not whole.
    maxRedirections: 3,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 0,
    redisOptions,
  })
  return withHeardAsking(copy)
}

export function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}

function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), 2_000)
}

/** ioredis asks Sentinels for a server and then talks to it in clear, whatever `tls` says, unless told otherwise. */
function tlsToServers({ tls, sentinels }: RedisOptions): Pick<RedisOptions, 'enableTLSForSentinelMode'> {
  return tls && sentinels?.length ? { enableTLSForSentinelMode: true } : {}
}
