import type { Version } from '@evergrant/core'
import { eventually, startServer, tcpProxy } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RedisStoreNotice } from '../src/index.ts'
import { failureOf, hintCounter, put, storeMaker } from './support/bench.ts'

const server = await startServer()
const proxy = await tcpProxy(server.port)
const redis = new Redis(server.url)
afterAll(async () => {
  redis.disconnect()
  await proxy.close()
  await server.close()
})
const KEY = 'evergrant:1:hints'
const storeFor = storeMaker({
  url: `redis://127.0.0.1:${proxy.port}`,
  commandTimeoutMs: 1_500,
  probeIntervalMs: 100,
})
/** Writes straight to the server, past whatever the network does. */
const writerFor = storeMaker({ url: server.url })

beforeEach(() => redis.flushall())
afterEach(() => {
  proxy.mode = 'pass'
  proxy.refuse(false)
})

/** How many connections listen to a key, as the server sees it. */
async function listeners(key = KEY): Promise<number> {
  const [, count] = (await redis.pubsub('NUMSUB', key)) as [string, number]
  return Number(count)
}

describe('a hint', () => {
  it('names the version that was written, and nothing else', async () => {
    const heard: (Version | undefined)[] = []
    const hear = (version?: Version) => heard.push(version)
    const store = storeFor()
    await store.subscribe(KEY, hear)
    const version = await put(writerFor(), KEY, 'a secret')
    await eventually('it is heard', () => heard.length > 0)
    expect(heard).toEqual([version])
  })

  it('reaches everybody who has subscribed to the key, over one connection, and nobody else', async () => {
    const store = storeFor()
    const before = proxy.connections
    const counters = [hintCounter(), hintCounter(), hintCounter()] as const
    const other = hintCounter()
    for (const { hear } of counters) await store.subscribe(KEY, hear)
    await store.subscribe('other', other.hear)
    expect(proxy.connections - before).toBe(1)
    expect(await listeners()).toBe(1)
    await put(writerFor(), KEY, 'one')
    await eventually('all have heard', () => counters.every(({ count }) => count === 1))
    expect(other.count).toBe(0)
  })

  it('still reaches the same function once for each of its subscriptions', async () => {
    const store = storeFor()
    const { hear, ...counter } = hintCounter()
    let count = 0
    const count1 = () => {
      count += 1
    }
    const end = await store.subscribe(KEY, count1)
    await store.subscribe(KEY, count1)
    await store.subscribe(KEY, hear)
    await put(writerFor(), KEY, 'one')
    await eventually('both', () => count === 2)
    await end()
    await put(writerFor(), 'other', 'x')
    expect(await listeners()).toBe(1)
    expect(counter.next).toBeTypeOf('function')
  })

  it('reaches the others when one of those who hear it throws', async () => {
    const store = storeFor()
    const { hear, next } = hintCounter()
    await store.subscribe(KEY, () => {
      throw new Error('not now')
    })
    await store.subscribe(KEY, hear)
    await Promise.all([next(), put(writerFor(), KEY, 'one')])
  })

  it('that the server does not let a user publish does not fail the write, and is noticed once', async () => {
    await redis.acl('SETUSER', 'mute', 'on', '>pw', '~*', '&*', '+@all', '-publish')
    const notices: RedisStoreNotice[] = []
    const store = storeFor({
      url: `redis://mute:pw@127.0.0.1:${server.port}`,
      onNotice: notice => notices.push(notice),
    })
    let version = await put(store, KEY, 'one')
    version = await put(store, KEY, 'two', version)
    await put(store, `${KEY}:other`, 'one')
    expect(notices).toEqual([{ type: 'hints_refused' }])
    await redis.acl('SETUSER', 'mute', '+publish')
    version = await put(store, KEY, 'three', version)
    await redis.acl('SETUSER', 'mute', '-publish')
    await put(store, KEY, 'four', version)
    expect(notices).toEqual([{ type: 'hints_refused' }, { type: 'hints_refused' }])
  })
})

describe('a subscription', () => {
  it('ends at the server when the last one of its key ends', async () => {
    const store = storeFor()
    const [first, second] = [
      await store.subscribe(KEY, () => undefined),
      await store.subscribe(KEY, () => undefined),
    ]
    await first()
    await first()
    expect(await listeners()).toBe(1)
    await second()
    await eventually('nobody listens', async () => (await listeners()) === 0)
  })

  it('stands again after any number of ends and beginnings at once', async () => {
    const store = storeFor()
    for (let i = 0; i < 20; i++) {
      const [end] = await Promise.all([
        store.subscribe(KEY, () => undefined),
        store.subscribe('o', () => undefined),
      ])
      end().catch(() => undefined)
    }
    const { hear, next } = hintCounter()
    await store.subscribe(KEY, hear)
    await Promise.all([next(), put(writerFor(), KEY, 'one')])
  })

  it('to thousands of keys takes few commands', async () => {
    const store = storeFor({ commandTimeoutMs: 30_000, probeIntervalMs: 60_000 })
    await store.subscribe('first', () => undefined)
    await redis.config('RESETSTAT')
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => store.subscribe(`k${i}`, () => undefined)))
    expect(await redis.info('commandstats')).toMatch(/cmdstat_subscribe:calls=10,/)
  })

  it('to more keys than allowed is refused, until one ends', async () => {
    const store = storeFor({ subscriptionsMax: 2 })
    const end = await store.subscribe('a', () => undefined)
    await store.subscribe('b', () => undefined)
    await store.subscribe('b', () => undefined)
    expect((await failureOf(store.subscribe('c', () => undefined))).message).toContain('subscriptionsMax (2)')
    await end()
    await store.subscribe('c', () => undefined)
  })

  it('that cannot be had is refused, and leaves nothing behind', async () => {
    proxy.refuse(true)
    const store = storeFor()
    const heard = hintCounter()
    expect(await failureOf(store.subscribe(KEY, heard.hear))).toMatchObject({ code: 'store_unreachable' })
    proxy.refuse(false)
    const end = await eventually('it is back', () => store.subscribe('other', () => undefined))
    expect(await listeners()).toBe(0)
    await end()
  })

  it('that this user may not have is refused in words', async () => {
    await redis.acl('SETUSER', 'deaf', 'on', '>pw', '~*', 'resetchannels', '+@all')
    const store = storeFor({ url: `redis://deaf:pw@127.0.0.1:${server.port}` })
    expect(await failureOf(store.subscribe(KEY, () => undefined))).toMatchObject({
      kind: 'configure',
      message: expect.stringContaining('NOPERM'),
    })
  })
})

describe('many subscriptions, one after the other', () => {
  it('are asked for once each, while the answers are under way', async () => {
    const store = storeFor({ probeIntervalMs: 60_000 })
    await store.subscribe('crowd:first', () => undefined)
    const before = proxy.sent.length
    proxy.replyDelayMs = 200
    const standing: Promise<unknown>[] = []
    for (let i = 0; i < 30; i++) {
      standing.push(store.subscribe(`crowd:${i}`, () => undefined))
      await new Promise(resolve => setImmediate(resolve))
    }
    await Promise.all(standing)
    proxy.replyDelayMs = 0
    expect(proxy.sent.slice(before).split('crowd:').length - 1).toBe(30)
  })

  it('are asked for anew when the connection is lost before they are answered', async () => {
    const store = storeFor({ commandTimeoutMs: 5_000 })
    await store.subscribe('crowd:first', () => undefined)
    proxy.replyDelayMs = 200
    const subscribing = store.subscribe('crowd:lost', () => undefined)
    await eventually('it is asked for', () => proxy.sent.endsWith('crowd:lost\r\n'))
    proxy.cut()
    proxy.replyDelayMs = 0
    await subscribing
  })
})

describe('a connection for hints', () => {
  const interrupted = async (trouble: () => Promise<unknown> | unknown) => {
    const notices: string[] = []
    const store = storeFor({ onNotice: ({ type }) => notices.push(type) })
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    await store.subscribe('other', () => undefined)
    await trouble()
    await hints.next()
    return { store, hints, notices }
  }
  /** A hint is heard again, through whatever connection there is now. */
  const hears = async (hints: ReturnType<typeof hintCounter>) => {
    await Promise.all([hints.next(), put(writerFor(), KEY, 'news')])
  }

  it('that is cut is made again, and everybody is told once that they may have missed something', async () => {
    const { hints, notices } = await interrupted(() => proxy.cut())
    expect(hints.count).toBe(1)
    await hears(hints)
    expect(hints.count).toBe(2)
    expect(notices).toEqual(['hints_interrupted', 'hints_restored'])
  })

  it('that has lost its server for a while is made again when the server is back', async () => {
    const { hints } = await interrupted(async () => {
      proxy.refuse(true)
      const before = proxy.connections
      await eventually('it has tried in vain', () => proxy.connections >= before + 3)
      // Written while nobody could hear of it.
      await put(writerFor(), KEY, 'missed')
      proxy.refuse(false)
    })
    await redis.del(KEY)
    await hears(hints)
  })

  it('that looks alive and is dead is found out, and made again', async () => {
    const { hints } = await interrupted(async () => {
      // Not one packet comes through any more, and nobody says so.
      proxy.mode = 'blackhole'
      const before = proxy.connections
      await eventually('another one is tried', () => proxy.connections > before)
      proxy.mode = 'pass'
    })
    await hears(hints)
  })

  it('whose server has lost the subscriptions is found out, and made again', async () => {
    const { hints } = await interrupted(async () => {
      // The server forgets them and does not say so, as a proxy does that connects to it anew.
      proxy.mode = 'drop_replies'
      await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      proxy.mode = 'pass'
    })
    await hears(hints)
  })

  it('of which a proxy has changed the far end is found out by what the server counts', async () => {
    const { hints } = await interrupted(() => proxy.swapServerSides())
    await hears(hints)
  })

  it('is not asked more often than it has to be', async () => {
    const store = storeFor({ probeIntervalMs: 10_000 })
    await store.subscribe(KEY, () => undefined)
    const before = proxy.sent.length
    // Another one, which has to be asked more often, has been asked several times meanwhile.
    const busy = await tcpProxy(server.port)
    await storeFor({ url: `redis://127.0.0.1:${busy.port}` }).subscribe(KEY, () => undefined)
    await eventually('it is asked', () => busy.sent.split('unsubscribe').length > 3)
    expect(proxy.sent.length).toBe(before)
    await busy.close()
  })
})
