import { clusterRedis, eventually, type RedisServer, tcpProxy } from '@evergrant/tooling-redis'
import { Cluster } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import type { RedisStoreOptions } from '../src/index.ts'
import { elapsedMs, failureOf, hintCounter, put, storeMaker } from './support/bench.ts'

const [cluster, old] = await Promise.all([
  clusterRedis(),
  // As servers before 7, which have no sharded channels.
  clusterRedis({ config: ['rename-command SSUBSCRIBE ""', 'rename-command SPUBLISH ""'] }),
])
afterAll(() => Promise.all([cluster.close(), old.close()]))

const make = storeMaker()
function storeFor(options: RedisStoreOptions = {}, servers = cluster.servers) {
  const nodes = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const client = new Cluster(nodes, { lazyConnect: true })
  return make({ client, probeIntervalMs: 200, commandTimeoutMs: 5_000, ...options })
}

let keys = 0
/** A key of its own for every test, and where it lives. */
async function newKey() {
  const key = `evergrant:1:cluster:${keys++}`
  const { slot, owner } = await cluster.locate(key)
  const other = cluster.servers.find(server => server !== owner) as RedisServer
  return { key, slot, owner, other }
}

/** Whether no server takes another one for failed: those who have yet to connect are turned away meanwhile. */
async function isWhole(): Promise<boolean> {
  const views = await Promise.all(cluster.servers.map(server => server.ask('CLUSTER', 'NODES')))
  return views.every(view => !/\bfail\b|fail\?|disconnected/.test(String(view)))
}

describe('a slot that moves', () => {
  it('between read and write is followed', async () => {
    const { key, slot, other } = await newKey()
    const store = storeFor()
    const version = await put(store, key, 'one')
    expect((await store.read(key))?.version).toBe(version)
    await cluster.beginMove(slot, other)
    await cluster.finishMove(slot, other)
    await put(store, key, 'two', version)
    expect(await other.ask('HGET', key, 'value')).toBe('two')
    expect((await store.read(key))?.value).toBe('two')
  })

  it('and is on its way is asked for where it goes: read, created, replaced, deleted', async () => {
    const { key, slot, other } = await newKey()
    const store = storeFor()
    await cluster.beginMove(slot, other)
    expect(await store.read(key)).toBeUndefined()
    const version = await put(store, key, 'one')
    expect((await store.read(key))?.value).toBe('one')
    const next = await put(store, key, 'two', version)
    expect((await store.write(key, { value: 'x', expected: version })).written).toBe(false)
    expect((await store.write(key, { value: undefined, expected: next })).written).toBe(true)
    expect(await store.read(key)).toBeUndefined()
    await cluster.finishMove(slot, other)
    await put(store, key, 'three')
  })

  it('takes its hints along', async () => {
    const { key, slot, other } = await newKey()
    const [store, writer] = [storeFor({ probeIntervalMs: 60_000 }), storeFor()]
    const hints = hintCounter()
    await store.subscribe(key, hints.hear)
    const version = await put(writer, key, 'one')
    await eventually('the hint is heard', () => hints.count === 1)
    await cluster.beginMove(slot, other)
    await cluster.finishMove(slot, other)
    await eventually('the gap is told', () => hints.count === 2)
    await put(writer, key, 'two', version)
    await eventually('the hint is heard from there', () => hints.count === 3)
  })
})

describe('hints in a Cluster', () => {
  it('come from the shard of their key, over one connection for each shard', async () => {
    const store = storeFor()
    const counts = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const hints = hintCounter()
        await store.subscribe(`spread:${i}`, hints.hear)
        return hints
      }),
    )
    const perServer = await Promise.all(
      cluster.servers.map(
        async server => ((await server.ask('PUBSUB', 'SHARDCHANNELS', 'spread:*')) as []).length,
      ),
    )
    expect(perServer.reduce((sum: number, each) => sum + each, 0)).toBe(12)
    expect(perServer.every(each => each > 0)).toBe(true)
    for (let i = 0; i < 12; i++) await put(store, `spread:${i}`, 'x')
    await eventually('all are heard', () => counts.every(({ count }) => count === 1))
  })

  it('go everywhere where the servers have no shards of channels', async () => {
    const [store, writer] = [storeFor({}, old.servers), storeFor({}, old.servers)]
    const hints = hintCounter()
    await store.subscribe('plain', hints.hear)
    await store.subscribe('plain too', hints.hear)
    await put(writer, 'plain', 'x')
    await put(writer, 'plain too', 'x')
    await eventually('they are heard', () => hints.count === 2)
  })

  it('come again when the node that was listened to is cut off for a moment', async () => {
    const { key, owner } = await newKey()
    const [store, writer] = [storeFor(), storeFor()]
    const hints = hintCounter()
    await store.subscribe(key, hints.hear)
    await owner.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await eventually('the gap is told', () => hints.count === 1)
    await put(writer, key, 'x')
    await eventually('the hint is heard', () => hints.count === 2)
  })

  it('come again when the node was restarted without its data', async () => {
    const { key, owner } = await newKey()
    const store = storeFor()
    const hints = hintCounter()
    await store.subscribe(key, hints.hear)
    await owner.kill()
    await eventually('it fails', () => failureOf(store.read(key)))
    await owner.start()
    await eventually('the gap is told', () => hints.count > 0)
    await eventually('it is back', async () => (await store.read(key)) === undefined)
    const before = hints.count
    await put(store, key, 'x')
    await eventually('the hint is heard', () => hints.count > before)
    await eventually('all servers agree that it is back', isWhole)
  })

  it('end at the server with the subscription', async () => {
    const { key, owner } = await newKey()
    const store = storeFor()
    const end = await store.subscribe(key, () => undefined)
    expect(await owner.ask('PUBSUB', 'SHARDCHANNELS', key)).toEqual([key])
    await end()
    await eventually(
      'it ends',
      async () => ((await owner.ask('PUBSUB', 'SHARDCHANNELS', key)) as []).length === 0,
    )
  })
})

describe('a node of a Cluster whose connection has gone silent', () => {
  it('is connected to anew, though the others answer all the time', async () => {
    const { key, owner, other } = await newKey()
    const proxy = await tcpProxy(owner.port)
    const client = new Cluster([{ host: '127.0.0.1', port: other.port }], {
      lazyConnect: true,
      natMap: { [`127.0.0.1:${owner.port}`]: { host: '127.0.0.1', port: proxy.port } },
    })
    const store = make({ client, commandTimeoutMs: 1_500 })
    const version = await put(store, key, 'one')
    const elsewhere = await keyAt(other)
    proxy.mode = 'blackhole'
    let silent = true
    const busy = (async () => {
      while (silent) await store.read(elsewhere)
    })()
    await failureOf(store.read(key))
    proxy.mode = 'pass'
    expect((await eventually('it is back', () => store.read(key))).version).toBe(version)
    silent = false
    await busy
    await store.close()
    await proxy.close()
  })
})

describe('a Cluster that is not whole', () => {
  it('is a failure in time, and works again when it is whole', async () => {
    const { key, owner, other } = await newKey()
    const store = storeFor({ commandTimeoutMs: 2_000 })
    const version = await put(store, key, 'one')
    const elsewhere = await keyAt(other)
    await put(store, elsewhere, 'one')
    owner.pause()
    await eventually('the others notice', async () =>
      String(await other.ask('CLUSTER', 'INFO')).includes('cluster_state:fail'),
    )
    for (const each of [key, elsewhere]) {
      const pending = store.read(each)
      expect(await elapsedMs(pending)).toBeLessThan(3_500)
      expect((await failureOf(pending)).code).toBe('store_unreachable')
    }
    owner.resume()
    const entry = await eventually('it is whole', () => store.read(key))
    expect(entry.version).toBe(version)
    await eventually('all of it', () => store.read(elsewhere))
  })

  it('is a failure for a store that has yet to connect, too', async () => {
    const [first] = cluster.servers
    first?.pause()
    await eventually('the others notice', async () =>
      String(await cluster.servers[1]?.ask('CLUSTER', 'INFO')).includes('cluster_state:fail'),
    )
    const store = storeFor({ connectTimeoutMs: 500, commandTimeoutMs: 2_000 })
    expect(await elapsedMs(store.read('x'))).toBeLessThan(3_500)
    first?.resume()
    await eventually('it is whole', async () => (await store.read('x')) === undefined)
  })
})

/** A key that a certain server holds. */
async function keyAt(server: RedisServer): Promise<string> {
  for (;;) {
    const { key, owner } = await newKey()
    if (owner === server) return key
  }
}
