import { clusterRedis, eventually, sentinelRedis, startServer, tcpProxy } from '@evergrant/tooling-redis'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { redisLimiter } from '../src/index.ts'
import { admitted } from './support/limits.ts'
import { newKey } from './support/redis.ts'

const FIVE_A_MINUTE = { perSecond: 5, jitterMs: 59_000, timeoutMs: 5_000 }

/** A limiter over a copy of this client, and what it says. */
function limiterOver(client: Redis | Cluster) {
  const events: string[] = []
  const onEvent = ({ type }: { type: string }) => events.push(type)
  return { limiter: redisLimiter({ client, ...FIVE_A_MINUTE, onEvent }), events }
}

/** The copies that are made of a client from now on. */
function copiesOf(client: Redis | Cluster): (Redis | Cluster)[] {
  const copies: (Redis | Cluster)[] = []
  const duplicate: unknown = Reflect.get(client, 'duplicate')
  if (typeof duplicate !== 'function') throw new TypeError('It cannot be copied.')
  Reflect.set(client, 'duplicate', (...args: unknown[]) => {
    const copy: Redis | Cluster = Reflect.apply(duplicate, client, args)
    copies.push(copy)
    return copy
  })
  return copies
}

describe('a client whose copy a limiter uses', () => {
  it('may ask for a replica: the limiter counts at the master all the same', async () => {
    const redis = await sentinelRedis()
    const sentinels = [{ host: '127.0.0.1', port: redis.sentinel.port }]
    const options = { sentinels, name: redis.name, role: 'slave', readOnly: true, lazyConnect: true } as const
    const { limiter, events } = limiterOver(new Redis(options))
    expect(await admitted(limiter, newKey(), 9)).toBe(5)
    expect(events).toEqual([])
    expect(await redis.servers[1].ask('INFO', 'commandstats')).not.toMatch(/cmdstat_eval/)
    await limiter.close()
    await redis.close()
  })

  it('may give up a Cluster for good: the limiter counts there again when it is back', async () => {
    const cluster = await clusterRedis()
    const proxies = await Promise.all(cluster.servers.map(({ port }) => tcpProxy(port)))
    const behind = proxies.map(({ port }) => ({ host: '127.0.0.1', port }))
    const names = cluster.servers.map(({ port }) => `127.0.0.1:${port}`)
    const natMap = Object.fromEntries(behind.map((address, i) => [names[i] ?? '', address]))
    const client = new Cluster(behind, { lazyConnect: true, natMap, clusterRetryStrategy: () => null })
    const copies = copiesOf(client)
    const { limiter, events } = limiterOver(client)
    await limiter.admit(newKey(), { waitMsMax: 0 })
    for (const proxy of proxies) proxy.refuse(true)
    await eventually('it is given up', async () => {
      await limiter.admit(newKey(), { waitMsMax: 0 })
      return copies[0]?.status !== 'ready'
    })
    for (const proxy of proxies) proxy.refuse(false)
    await eventually('it is back', async () => {
      await limiter.admit(newKey(), { waitMsMax: 0 })
      return events.includes('limiter.recovered')
    })
    await limiter.close()
    await Promise.all([...proxies, cluster].map(each => each.close()))
  })

  it('may have its password changed: the limiter is let in again', async () => {
    const server = await startServer()
    await server.ask('ACL', 'SETUSER', 'rotating', 'on', '>one', '~*', '&*', '+@all')
    const client = new Redis(server.url, { lazyConnect: true, username: 'rotating', password: 'one' })
    const { limiter, events } = limiterOver(client)
    await limiter.admit(newKey(), { waitMsMax: 0 })
    await server.ask('ACL', 'SETUSER', 'rotating', 'resetpass', '>two')
    await server.ask('CLIENT', 'KILL', 'USER', 'rotating')
    await eventually('it is refused', async () => {
      await limiter.admit(newKey(), { waitMsMax: 0 })
      return events.includes('limiter.unreachable')
    })
    client.options.password = 'two'
    await eventually('it is let in', async () => {
      await limiter.admit(newKey(), { waitMsMax: 0 })
      return events.includes('limiter.recovered')
    })
    await limiter.close()
    await server.close()
  })

  it('has another copy made of it when the first is at its end', async () => {
    const server = await startServer()
    const client = new Redis(server.url, { lazyConnect: true })
    const copies = copiesOf(client)
    const { limiter, events } = limiterOver(client)
    await limiter.admit(newKey(), { waitMsMax: 0 })
    copies[0]?.disconnect()
    await eventually('it is at its end', () => copies[0]?.status === 'end')
    await limiter.admit(newKey(), { waitMsMax: 0 })
    expect([copies.length, events]).toEqual([2, []])
    await limiter.close()
    await server.close()
  })
})
