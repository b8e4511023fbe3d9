import { type Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Demotion } from './demotion.ts'
import { withHeardAsking } from './heard-asking.ts'
import { withQuietSentinels } from './quiet-sentinels.ts'
import { invalidOption, type Limits, type RedisStoreOptions } from './settings.ts'
import { backoffMs } from './timing.ts'

/** Any client of ioredis that takes commands. */
export type Client = Redis | Cluster

/** What the connections of a store are made after. */
export interface ClientPattern {
  /** What every key and channel begins with. */
  readonly prefix: string
  readonly isCluster: boolean
  /** A new client for commands; it is not connected yet. */
  forCommands(): Client
  /** A new client for subscriptions; it is not connected yet. For a Cluster, to the node that is given. */
  forHints(node?: Redis): Redis
}

const RETRY_MS_FIRST = 40
const RETRY_MS_MAX = 1_000
const LOADING_RETRY_MS = 100
/** How long a connection that is being closed may take to say goodbye, in ms. */
const GOODBYE_MS = 100
/** How often a Cluster may send a command on to another node, before it is tried anew: once moved, once on its way. */
const REDIRECTIONS_MAX = 3
const PREFIX_CHARS_MAX = 256
/** The protocol that every server speaks, and that both majors of ioredis treat alike. */
const PROTOCOL = { protocol: 2, replyMapping: 'legacy' } as const

/** How the store's clients are made. Throws `invalid_option` when the options do not say where to connect. */
export function clientPattern(options: RedisStoreOptions, limits: Limits, demotion: Demotion): ClientPattern {
  const { prefix = '' } = options
  if (typeof prefix !== 'string' || prefix.length > PREFIX_CHARS_MAX) {
    throw invalidOption(`prefix is not a text of at most ${PREFIX_CHARS_MAX} characters.`)
  }
  const pattern = patternClient(options)
  if (isCluster(pattern)) return clusterPattern(pattern, prefix, limits, demotion)
  const { keyPrefix, db } = pattern.options
  requireFirstDatabase(db)
  const common = { ...manners(limits), ...leavingTheDemoted(demotion), ...tlsToServers(pattern.options) }
  // The store is the first to notice a silence, for it knows what a busy process has not come to look at yet.
  const socketTimeout = limits.connectTimeoutMs + 2 * limits.commandTimeoutMs
  return {
    prefix: textOf(keyPrefix) + prefix,
    isCluster: false,
    forCommands: () => withQuietSentinels(pattern.duplicate({ ...common, socketTimeout })),
    // A subscription is silent by nature; whether it is alive is found out by asking.
    forHints: () => withQuietSentinels(pattern.duplicate(common)),
  }
}

function clusterPattern(pattern: Cluster, prefix: string, limits: Limits, demotion: Demotion): ClientPattern {
  const { redisOptions, keyPrefix } = pattern.options
  requireFirstDatabase(redisOptions?.db)
  const common = { ...manners(limits), ...leavingTheDemoted(demotion) }
  const own = {
    lazyConnect: true,
    // Its nodes connect on first use and queue until then; how much may wait is limited by the store.
    enableOfflineQueue: true,
    enableReadyCheck: true,
    enableAutoPipelining: false,
    scaleReads: 'master' as const,
    keyPrefix: '',
    shardedSubscribers: false,
    // The store itself tries again, and knows when nobody waits any more.
    maxRedirections: REDIRECTIONS_MAX,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 0,
    slotsRefreshTimeout: limits.commandTimeoutMs,
    clusterRetryStrategy: retryDelayMs,
    redisOptions: { ...redisOptions, ...common, socketTimeout: limits.commandTimeoutMs },
  }
  return {
    prefix: (textOf(keyPrefix) || textOf(redisOptions?.keyPrefix)) + prefix,
    isCluster: true,
    forCommands: () => withHeardAsking(pattern.duplicate([], own)),
    forHints(node) {
      if (node === undefined) throw new TypeError('A node of the Cluster is missing.')
      return node.duplicate({ ...common, readOnly: false })
    },
  }
}

/** The client that serves as the pattern: the user's own, or one that never connects. */
function patternClient({ client, url, connection }: RedisStoreOptions): Client {
  if (client !== undefined) {
    if (url !== undefined || connection !== undefined) {
      throw invalidOption('client excludes url and connection.')
    }
    return client
  }
  if (url === undefined && connection === undefined) {
    throw invalidOption('one of url, connection and client is needed.')
  }
  if (url !== undefined) requireUrl(url)
  const { tls, sentinels, enableTLSForSentinelMode } = connection ?? {}
  const wantsTls = url?.startsWith('rediss:') || tls !== undefined
  if (wantsTls && sentinels?.length && enableTLSForSentinelMode === false) {
    throw invalidOption('enableTLSForSentinelMode is false; with rediss: or tls, values go over TLS.')
  }
  const own = { ...connection, lazyConnect: true, ...PROTOCOL }
  return url === undefined ? new Redis(own) : new Redis(url, own)
}

/** Complains about a URL without repeating it, for it may hold a password. */
function requireUrl(url: string): void {
  if (!/^rediss?:\/\/./.test(url)) throw invalidOption('url is no redis: or rediss: URL.')
  if (!isSoundUrl(url)) {
    throw invalidOption('url cannot be parsed; special characters of a password are percent-encoded.')
  }
}

function isSoundUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password, pathname, hash } = new URL(url)
  // What begins here is the rest of a password that holds a slash or a number sign.
  if (hash !== '' || pathname.includes('@')) return false
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

/** ioredis asks Sentinels for a server and then talks to it in clear, whatever `tls` says, unless told otherwise. */
function tlsToServers({ tls, sentinels }: RedisOptions): Pick<RedisOptions, 'enableTLSForSentinelMode'> {
  return tls && sentinels?.length ? { enableTLSForSentinelMode: true } : {}
}

/**
 * How every connection of a store behaves, whatever the user's own client does: it fails fast instead of
 * queueing, sends nothing again by itself, and resubscribes to nothing by itself, because the store does all
 * that within its own limits.
 */
function manners(limits: Limits) {
  return {
    lazyConnect: true,
    db: 0,
    keyPrefix: '',
    role: 'master' as const,
    readOnly: false,
    monitor: false,
    stringNumbers: false,
    showFriendlyErrorStack: false,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    maxLoadingRetryTime: LOADING_RETRY_MS,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    connectTimeout: limits.connectTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    socketTimeout: undefined,
    commandTimeout: undefined,
    // With Sentinel: hear of a failover instead of waiting for the old master to close the connection.
    failoverDetector: true,
    sentinelCommandTimeout: limits.commandTimeoutMs,
    sentinelRetryStrategy: retryDelayMs,
    ...PROTOCOL,
  } satisfies RedisOptions
}

/** A server that has been demoted stays connected and refuses to write; whoever is master now has to be found. */
function leavingTheDemoted(demotion: Demotion) {
  return {
    retryStrategy: (attempt: number) => retryDelayMs(attempt + demotion.ended()),
    reconnectOnError(error: Error) {
      const demoted = error.message.includes('READONLY')
      if (demoted) demotion.refused()
      return demoted
    },
  } satisfies RedisOptions
}

function retryDelayMs(attempt: number): number {
  return backoffMs(attempt, RETRY_MS_FIRST, RETRY_MS_MAX)
}

export function isCluster(client: Client): client is Cluster {
  return client.isCluster
}

/** ioredis selects the database anew on every connection, and not always before the first command. */
function requireFirstDatabase(db: number | undefined): void {
  if ((db ?? 0) !== 0) throw invalidOption(`db is ${db}; only 0 is supported, use prefix to keep apart.`)
}

function textOf(prefix: unknown): string {
  if (prefix === undefined || prefix === null) return ''
  if (typeof prefix !== 'string') throw invalidOption('keyPrefix of the client is not a text.')
  return prefix
}
