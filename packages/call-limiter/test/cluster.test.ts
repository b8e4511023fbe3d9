import { type ClusterRedis, clusterRedis, eventually, type RedisServer } from '@evergrant/tooling-redis'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisLimiter } from '../src/index.ts'
import { admitted, failureOf } from './support/limits.ts'
import { newKey, readmeRule } from './support/redis.ts'

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

describe('the user of the README in a Redis Cluster', () => {
  /** A limiter of this user, and whatever nobody has caught. */
  async function makeFor(...rule: readonly string[]) {
    await Promise.all(cluster.servers.map(server => server.ask('ACL', 'SETUSER', ...rule)))
    const nodes = cluster.servers.map(({ port }) => ({ port, host: '127.0.0.1' }))
    const redisOptions = { username: 'limiter', password: 'password' }
    const client = new Cluster(nodes, { lazyConnect: true, redisOptions })
    const events: string[] = []
    const onEvent = ({ type }: { type: string }) => events.push(type)
    const limiter = redisLimiter({ client, perSecond: 3, jitterMs: 59_000, timeoutMs: 5_000, onEvent })
    return { limiter, events }
  }

  /** Begins to move the slot of the one key that all limits are counted under, and of which there is none yet. */
  async function whileItMoves(use: (key: string) => Promise<void>, limiter: ReturnType<typeof make>) {
    await Promise.all(cluster.servers.map(server => server.ask('FLUSHALL')))
    const key = newKey()
    await limiter.admit(key, { waitMsMax: 0 })
    const names = (await Promise.all(cluster.servers.map(server => server.ask('KEYS', '*')))).flat()
    const { slot, owner } = await cluster.locate(String(names[0]))
    await owner.ask('FLUSHALL')
    const other = cluster.servers.find(server => server !== owner) as RedisServer
    await cluster.beginMove(slot, other)
    await use(key)
    await cluster.finishMove(slot, other)
    await limiter.close()
  }

  it('may do all that a limiter does, also while a slot is on its way', async () => {
    const { limiter, events } = await makeFor(...(await readmeRule()))
    await whileItMoves(async key => expect(await admitted(limiter, key, 5)).toBe(3), limiter)
    expect(events).toEqual([])
  })

  it('may lack the right to ask for what is on its way: then this process counts alone, and lives on', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    const { limiter, events } = await makeFor(...(await readmeRule()), '-asking')
    await whileItMoves(async key => expect(await admitted(limiter, key, 5)).toBe(2), limiter)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    expect(events).toEqual(['limiter.unreachable'])
  })
})
