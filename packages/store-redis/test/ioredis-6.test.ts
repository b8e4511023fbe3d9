import { anyRedis, clusterRedis } from '@evergrant/tooling-redis'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe } from 'vitest'
import { redisStore } from '../src/index.ts'
import { conformanceSuite } from './support/suite.ts'

const single = await anyRedis()
const cluster = await clusterRedis()
afterAll(async () => {
  await Promise.all([single.close(), cluster.close()])
})

describe('over ioredis 6, a store in a single server conforms: it', () => {
  conformanceSuite(prefix => redisStore({ url: single.url, prefix }))
})

describe('over ioredis 6, a store after the pattern of one’s own client conforms: it', () => {
  const client = new Redis(single.url, { lazyConnect: true, keyPrefix: 'mine:' })
  conformanceSuite(prefix => redisStore({ client, prefix }))
})

describe('over ioredis 6, a store in a Cluster conforms: it', () => {
  const client = new Cluster(
    cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    { lazyConnect: true },
  )
  conformanceSuite(prefix => redisStore({ client, prefix }))
})
