import { tiered } from '@evergrant/store-layers'
import { memoryStore } from '@evergrant/store-memory'
import { anyRedis, clusterRedis, sentinelRedis } from '@evergrant/tooling-redis'
import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { redisStore } from '../src/index.ts'
import { conformanceSuite } from './support/suite.ts'

const [single, sentinel, cluster] = await Promise.all([anyRedis(), sentinelRedis(), clusterRedis()])
/** What is tested here is not how fast a busy machine is. */
const commandTimeoutMs = 10_000
afterAll(() => Promise.all([single.close(), sentinel.close(), cluster.close()]))

it('these tests run over the major of ioredis that they say they do', () => {
  expect((Redis as unknown) === Redis5).toBe(inject('major') === 5)
  expect(new Redis({ lazyConnect: true }).options.protocol).toBe(inject('major') === 5 ? undefined : 3)
})

describe('a store in a single server conforms: it', () => {
  conformanceSuite(single.url, prefix => redisStore({ url: single.url, prefix, commandTimeoutMs }))
})

describe('a memory in front of a single server conforms: it', () => {
  conformanceSuite(single.url, prefix => {
    const far = redisStore({ url: single.url, prefix, commandTimeoutMs })
    return tiered(memoryStore(), far, { freshForMs: 40 })
  })
})

describe('a store made after a client of one’s own conforms: it', () => {
  const client = new Redis(single.url, { lazyConnect: true, keyPrefix: 'mine:' })
  conformanceSuite(single.url, prefix => redisStore({ client, prefix, commandTimeoutMs }))
})

describe('a store behind a Sentinel conforms: it', () => {
  const sentinels = [{ host: '127.0.0.1', port: sentinel.sentinel.port }]
  conformanceSuite(sentinel.servers[0].url, prefix =>
    redisStore({ connection: { sentinels, name: sentinel.name }, prefix, commandTimeoutMs }),
  )
})

describe('a store in a Cluster conforms: it', () => {
  const nodes = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const client = new Cluster(nodes, { lazyConnect: true })
  conformanceSuite(cluster.servers[0]?.url ?? single.url, prefix =>
    redisStore({ client, prefix, commandTimeoutMs }),
  )
})
