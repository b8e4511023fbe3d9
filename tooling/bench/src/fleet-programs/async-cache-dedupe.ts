import { createCache } from 'async-cache-dedupe'
import { Redis } from 'ioredis'
import { bareRequest } from '../bare-request.ts'
import type { FleetProgram } from '../fleet-program.ts'
import type { Endpoint } from '../library.ts'

/** Callers of one process share a call, and Redis keeps what came of it. */
export function open(redisUrl: string): FleetProgram {
  const cache = createCache({
    ttl: 3_600,
    storage: { type: 'redis', options: { client: new Redis(redisUrl) } },
  }).define('token', (endpoint: Endpoint) => bareRequest(endpoint))
  return { callerOf: endpoint => () => cache.token(endpoint) }
}
