import { eventually, startServer, tcpProxy } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RedisStoreNotice } from '../src/index.ts'
import { failureOf, hintCounter, put, storeMaker } from './support/bench.ts'

/** Three milliseconds a key, and an answer to whoever asks meanwhile. */
const SLOW_TO_LOAD = ['key-load-delay 3000', 'loading-process-events-interval-bytes 1024']
const [server, replica, plain, durable, slow] = await Promise.all([
  startServer(),
  startServer(),
  startServer(),
  startServer({ config: ['appendonly yes', 'appendfsync always'] }),
  startServer({ config: SLOW_TO_LOAD }),
])
const proxy = await tcpProxy(replica.port)
const redis = new Redis(server.url)
afterAll(async () => {
  redis.disconnect()
  await proxy.close()
  await Promise.all([server, replica, plain, durable, slow].map(each => each.close()))
})
const KEY = 'evergrant:1:refusals'
const storeFor = storeMaker({ url: server.url })

beforeEach(() => redis.flushall())

describe('a server that has forgotten the scripts', () => {
  it('is told them again', async () => {
    const store = storeFor()
    const version = await put(store, KEY, 'one')
    await redis.script('FLUSH')
    expect((await store.read(KEY))?.value).toBe('one')
    await redis.script('FLUSH')
    await put(store, KEY, 'two', version)
    expect((await store.read(KEY))?.value).toBe('two')
  })

  it('is told them again by a hundred commands at once', async () => {
    const store = storeFor()
    await put(store, KEY, 'one')
    await redis.script('FLUSH')
    const entries = await Promise.all(Array.from({ length: 100 }, () => store.read(KEY)))
    expect(entries.every(entry => entry?.value === 'one')).toBe(true)
  })
})

describe('a server that is out of memory', () => {
  afterEach(async () => {
    await redis.config('SET', 'maxmemory', '0')
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
  })

  it('refuses to write, in words; what it has can be read and deleted', async () => {
    const store = storeFor()
    const version = await put(store, KEY, 'one')
    await redis.config('SET', 'maxmemory', '1')
    expect(await failureOf(store.write(KEY, { value: 'two', expected: version }))).toMatchObject({
      kind: 'retry',
      code: 'store_unreachable',
      message: 'Redis is out of memory and refuses to write. (OOM)',
    })
    expect(await store.read(KEY)).toMatchObject({ value: 'one', version })
    expect((await store.write(KEY, { value: undefined, expected: version })).written).toBe(true)
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('and evicts loses records: they read as absent, and are written anew', async () => {
    const store = storeFor()
    const version = await put(store, KEY, 'x'.repeat(100_000))
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await redis.config('SET', 'maxmemory', '1')
    await redis.ping()
    await eventually('it is evicted', async () => (await redis.exists(KEY)) === 0)
    await redis.config('SET', 'maxmemory', '0')
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.write(KEY, { value: 'two', expected: version })).toEqual({
      written: false,
      entry: undefined,
    })
    await put(store, KEY, 'two')
  })
})

describe('a server that may evict', () => {
  const noticesOf = async (options: { durable?: boolean } = {}) => {
    const notices: RedisStoreNotice[] = []
    const store = storeFor({ ...options, onNotice: notice => notices.push(notice) })
    await store.read(KEY)
    return { store, notices }
  }
  afterEach(() => redis.config('SET', 'maxmemory-policy', 'noeviction'))

  it('is noticed once', async () => {
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru')
    const { store, notices } = await noticesOf()
    await eventually('it is noticed', () => notices.length > 0)
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await eventually('it is back', () => notices.some(({ type }) => type === 'connection_restored'))
    await store.read(KEY)
    expect(notices.filter(({ type }) => type === 'evicts')).toEqual([
      { type: 'evicts', policy: 'volatile-lru' },
    ])
  })

  it('or not, and does not keep a file though it was vouched for: that is noticed', async () => {
    const { notices } = await noticesOf({ durable: true })
    await eventually('it is noticed', () => notices.length > 0)
    expect(notices).toEqual([{ type: 'not_durable' }])
  })

  it('is what a store takes its server for, unless it was vouched for', () => {
    expect(storeFor().traits).toEqual({ scope: 'shared', durable: false, evicts: true, staleMsMax: 0 })
    expect(storeFor({ durable: true, evicts: false }).traits).toMatchObject({ durable: true, evicts: false })
  })

  it('is noticed in vain by a listener that throws', async () => {
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lfu')
    let told = 0
    const store = storeFor({
      onNotice() {
        told += 1
        throw new Error('not now')
      },
    })
    await store.read(KEY)
    await eventually('it is noticed', () => told > 0)
    await put(store, KEY, 'one')
  })
})

describe('a server that was demoted', () => {
  it('is left for the one that has taken over', async () => {
    const store = storeFor({ url: `redis://127.0.0.1:${proxy.port}`, commandTimeoutMs: 3_000 })
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    const version = await put(store, KEY, 'one')
    await redis.hset(KEY, 'version', version, 'value', 'one')
    await replica.ask('REPLICAOF', '127.0.0.1', server.port)
    await eventually('it is a replica', async () =>
      String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    )
    const before = proxy.connections
    const pending = put(store, KEY, 'two', version)
    await eventually('it was refused, and connects again', () => proxy.connections > before)
    // The address means another server now, as behind a name that follows the master.
    proxy.redirect(server.port)
    const next = await pending
    // From here on the old one has nothing to say any more.
    await replica.ask('REPLICAOF', 'NO', 'ONE')
    await eventually('it listens there', async () => {
      const [, count] = (await redis.pubsub('NUMSUB', KEY)) as [string, number]
      return count === 1
    })
    const heard = hints.count
    await put(store, KEY, 'three', next)
    await eventually('it hears from there', () => hints.count > heard)
  })
})

describe('a server that was demoted, and no other one is to be found', () => {
  it('is tried more and more seldom, and costs those who listen nothing', async () => {
    await replica.ask('REPLICAOF', 'NO', 'ONE')
    proxy.redirect(replica.port)
    const store = storeFor({ url: `redis://127.0.0.1:${proxy.port}`, commandTimeoutMs: 2_000 })
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    await store.read(KEY)
    await replica.ask('REPLICAOF', '127.0.0.1', server.port)
    const before = proxy.connections
    const writes = Array.from({ length: 20 }, (_, i) =>
      failureOf(store.write(`${KEY}:${i}`, { value: 'x', expected: undefined })),
    )
    const failures = await Promise.all(writes)
    expect(failures.every(({ code }) => code === 'store_unreachable')).toBe(true)
    expect(proxy.connections - before).toBeGreaterThan(2)
    expect(proxy.connections - before).toBeLessThan(10)
    expect(hints.count).toBe(0)
    // From here on it is a master again.
    await replica.ask('REPLICAOF', 'NO', 'ONE')
    await eventually('it is written', () => put(store, KEY, 'one'))
    await eventually('the gap is told', () => hints.count > 0)
  })
})

describe('a server that restarts', () => {
  it('and has kept its data goes on where it was', async () => {
    const store = storeFor({ url: durable.url })
    const version = await put(store, KEY, 'one')
    await durable.kill()
    await failureOf(store.read(KEY))
    await durable.start()
    const entry = await eventually('it is back', () => store.read(KEY))
    expect(entry).toMatchObject({ value: 'one', version })
    await put(store, KEY, 'two', version)
  })

  it('is asked as soon as it has loaded its data, and not before', async () => {
    const store = storeFor({ url: slow.url, commandTimeoutMs: 1_000 })
    await put(store, KEY, 'one')
    const filler = new Redis(slow.url)
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => filler.set(`filler ${i}`, 'x')))
    await filler.save()
    filler.disconnect()
    await slow.kill()
    await failureOf(store.read(KEY))
    await slow.start('loading')
    // Absent is not the same as not loaded yet.
    expect((await failureOf(store.read(KEY))).code).toBe('store_unreachable')
    const entry = await eventually('it is loaded', () => store.read(KEY))
    expect(entry.value).toBe('one')
  })

  it('and has lost its data has nothing, and does not repeat a version', async () => {
    const store = storeFor({ url: plain.url })
    const version = await put(store, KEY, 'one')
    await plain.kill()
    await failureOf(store.read(KEY))
    await plain.start()
    await eventually('it is back', async () => (await store.read(KEY)) === undefined)
    expect((await store.write(KEY, { value: 'two', expected: version })).written).toBe(false)
    expect(await put(store, KEY, 'one')).not.toBe(version)
  })

  it('while a write is under way writes it once', async () => {
    const store = storeFor({ url: plain.url, commandTimeoutMs: 5_000 })
    await store.read(KEY)
    plain.pause()
    const pending = store.write(KEY, { value: 'one', expected: undefined })
    await plain.kill()
    const outcome = pending.catch(() => 'unknown' as const)
    await plain.start()
    const result = await outcome
    const entry = await eventually('it is back', async () => ({ now: await store.read(KEY) }))
    if (result !== 'unknown') expect(result.written).toBe(true)
    expect(entry.now?.value ?? 'nothing').toMatch(result === 'unknown' ? /^(one|nothing)$/ : /^one$/)
  })
})
