import { type ClusterRedis, clusterRedis, eventually } from '@evergrant/tooling-redis'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisLimiter } from '../src/index.ts'
import { admitted, failureOf } from './support/limits.ts'
import { newKey } from './support/redis.ts'

let cluster: ClusterRedis

beforeAll(async () => {
  cluster = await clusterRedis()
})
afterAll(() => cluster.close())

/** A limiter over the Cluster; several of them are several processes. */
function make() {
  const nodes = cluster.servers.map(({ port }) => ({ port, host: '127.0.0.1' }))
  const client = new Cluster(nodes, { lazyConnect: true, keyPrefix: 'mine:' })
  return redisLimiter({ client, perSecond: 3, jitterMs: 59_000, timeoutMs: 5_000 })
}

describe('a limit in a Redis Cluster', () => {
  it('is shared, wherever its key is kept', async () => {
    const [a, b] = [make(), make()]
    for (let i = 0; i < 5; i++) {
      const key = newKey()
      expect((await admitted(a, key, 2)) + (await admitted(b, key, 2))).toBe(3)
    }
    const key = newKey()
    await b.admit(key, { waitMsMax: 0 })
    a.slowDown(key, 10_000)
    await eventually('the other one has to pause, too', async () => {
      const failure = await failureOf(b.admit(key, { waitMsMax: 0 }))
      return (failure.retryAfterMs ?? 0) > 5_000
    })
    await Promise.all([a.close(), b.close()])
  })
})
