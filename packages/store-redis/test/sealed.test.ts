import { keyring, sealed, tiered } from '@evergrant/store-layers'
import { memoryStore } from '@evergrant/store-memory'
import { anyRedis, clusterRedis } from '@evergrant/tooling-redis'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { redisStore } from '../src/index.ts'
import { conformanceSuite } from './support/suite.ts'

const [single, cluster] = await Promise.all([anyRedis(), clusterRedis()])
const commandTimeoutMs = 10_000
afterAll(() => Promise.all([single.close(), cluster.close()]))

const ring = () => keyring({ current: { id: 'one', key: new Uint8Array(32).fill(1) } })

describe('a sealed store in a single server conforms: it', () => {
  conformanceSuite(single.url, prefix =>
    sealed(redisStore({ url: single.url, prefix, commandTimeoutMs }), ring()),
  )
})

describe('a memory before a sealed store in a Cluster conforms: it', () => {
  const nodes = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const client = new Cluster(nodes, { lazyConnect: true })
  conformanceSuite(cluster.servers[0]?.url ?? single.url, prefix =>
    tiered(memoryStore(), sealed(redisStore({ client, prefix, commandTimeoutMs }), ring()), {
      freshForMs: 40,
    }),
  )
})

describe('a sealed store', () => {
  it('shows the server nothing of a token: not at rest, not in commands, not in hints', async () => {
    const watcher = new Redis(single.url)
    const monitor = await watcher.monitor()
    const seen: string[] = []
    monitor.on('monitor', (_: string, args: string[]) => seen.push(args.join(' ')))
    const listener = new Redis(single.url)
    await listener.psubscribe('canary:*')
    listener.on('pmessage', (...told: string[]) => seen.push(told.join(' ')))
    const store = sealed(redisStore({ url: single.url, prefix: 'canary:' }), ring())
    await store.write('key', { value: 'a-s3cret-token', expected: undefined })
    expect((await store.read('key'))?.value).toBe('a-s3cret-token')
    const redis = new Redis(single.url)
    const held = JSON.stringify(await redis.hgetall('canary:key')) + (await redis.dumpBuffer('canary:key'))
    await expect.poll(() => seen.some(text => /^hmget canary:key/i.test(text))).toBe(true)
    const bytes = Buffer.from('a-s3cret-token')
    const forms = [bytes.toString(), bytes.toString('hex'), bytes.toString('base64').slice(0, 12)]
    for (const form of forms) expect(seen.join('\n') + held).not.toContain(form)
    expect(held).toContain('evs1.one.')
    await Promise.all([store.close?.(), redis.quit(), listener.quit()])
    monitor.disconnect()
    watcher.disconnect()
  })
})
