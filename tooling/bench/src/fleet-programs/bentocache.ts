import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { Redis } from 'ioredis'
import { bareRequest } from '../bare-request.ts'
import type { FleetProgram } from '../fleet-program.ts'

/** Memory in front of Redis, with the bus that tells the other processes of changes. */
export function open(redisUrl: string): FleetProgram {
  const { hostname: host, port } = new URL(redisUrl)
  const cache = new BentoCache({
    default: 'tokens',
    stores: {
      tokens: bentostore()
        .useL1Layer(memoryDriver({ maxItems: 10_000 }))
        .useL2Layer(redisDriver({ connection: new Redis(redisUrl) }))
        .useBus(redisBusDriver({ connection: { host, port: Number(port) } })),
    },
  })
  return {
    callerOf: endpoint => () =>
      cache.getOrSet({ key: endpoint.id, ttl: '1h', factory: () => bareRequest(endpoint) }),
  }
}
