import { Socket } from 'node:net'
import { eventually, freePort, type SentinelRedis, sentinelRedis, tcpProxy } from '@evergrant/tooling-redis'
import { Redis, type RedisOptions } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RedisStoreOptions } from '../src/index.ts'
import { elapsedMs, failureOf, hintCounter, put, storeMaker } from './support/bench.ts'

const KEY = 'evergrant:1:sentinel'
const storeFor = storeMaker()

let redis: SentinelRedis
afterEach(() => redis.close())

/** A store that finds its server through the Sentinel. */
async function open(options: { commandTimeoutMs?: number } = {}) {
  redis = await sentinelRedis()
  const connection = {
    sentinels: [{ host: '127.0.0.1', port: redis.sentinel.port }],
    name: redis.name,
  }
  return storeFor({ connection, probeIntervalMs: 200, commandTimeoutMs: 2_000, ...options })
}

/** Resolves when the replica is master, with what it then was the master of. */
async function promoted(): Promise<void> {
  const [first] = redis.servers
  await eventually('the replica is promoted', async () => (await redis.master()) !== first)
}

/** What the replica has, past every client. */
async function replicated(value: string): Promise<void> {
  const [, second] = redis.servers
  await eventually('it is replicated', async () => (await second.ask('HGET', KEY, 'value')) === value)
}

describe('a master that is killed', () => {
  it('is followed by its replica, with what was replicated, and hints go on', async () => {
    const store = await open()
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    const version = await put(store, KEY, 'one')
    await replicated('one')
    await eventually('the hint is heard', () => hints.count === 1)
    await redis.servers[0].kill()
    await promoted()
    const entry = await eventually('the new master answers', () => store.read(KEY))
    expect(entry).toMatchObject({ value: 'one', version })
    await eventually('the gap is told', () => hints.count >= 2)
    const before = hints.count
    await put(store, KEY, 'two', version)
    await eventually('the hint is heard', () => hints.count > before)
  })

  it('during a write leaves the write done once or not at all, and says which as soon as it can', async () => {
    const store = await open()
    const first = await put(store, KEY, 'one')
    await replicated('one')
    const [master] = redis.servers
    master.pause()
    const pending = store.write(KEY, { value: 'two', expected: first })
    const outcome = pending.then(
      ({ written }) => (written ? 'written' : 'refused'),
      () => 'unknown',
    )
    await master.kill()
    await promoted()
    const entry = await eventually('the new master answers', () => store.read(KEY))
    // The write never reached a replica, so the new master has not heard of it; whoever retries finds out.
    expect([await outcome, entry.value]).toEqual(['unknown', 'one'])
    expect((await store.write(KEY, { value: 'two', expected: first })).written).toBe(true)
  })

  it('fails fast meanwhile', async () => {
    const store = await open()
    await put(store, KEY, 'one')
    await redis.servers[0].kill()
    await failureOf(store.read(KEY))
    expect(await elapsedMs(store.read(KEY))).toBeLessThan(500)
  })
})

describe('a master that hangs', () => {
  it('is left as soon as the Sentinel has another', async () => {
    const store = await open()
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    const version = await put(store, KEY, 'one')
    await replicated('one')
    redis.servers[0].pause()
    await promoted()
    const promotedAt = performance.now()
    const entry = await eventually('the new master answers', () => store.read(KEY))
    expect(entry).toMatchObject({ value: 'one', version })
    expect(performance.now() - promotedAt).toBeLessThan(8_000)
    const before = hints.count
    await eventually('hints come from there', async () => {
      const now = await store.read(KEY)
      await store.write(KEY, { value: 'x', expected: now?.version })
      return hints.count > before
    })
    redis.servers[0].resume()
  })

  it('and comes back as a replica changes nothing', async () => {
    const store = await open()
    const version = await put(store, KEY, 'one')
    await replicated('one')
    redis.servers[0].pause()
    await promoted()
    await eventually('the new master answers', () => store.read(KEY))
    redis.servers[0].resume()
    await put(store, KEY, 'two', version)
    await eventually('the old one is a replica', async () =>
      String(await redis.servers[0].ask('ROLE')).startsWith('slave'),
    )
    expect((await store.read(KEY))?.value).toBe('two')
  })
})

describe('a Sentinel that hangs', () => {
  it('when a store wants to connect is not waited for longer than the limit', async () => {
    redis = await sentinelRedis()
    redis.sentinel.pause()
    const connection = { sentinels: [{ host: '127.0.0.1', port: redis.sentinel.port }], name: redis.name }
    const store = storeFor({ connection, commandTimeoutMs: 700, connectTimeoutMs: 700 })
    expect(await elapsedMs(store.read(KEY))).toBeLessThan(2_000)
    redis.sentinel.resume()
    await eventually('it answers', async () => (await store.read(KEY)) === undefined)
  })

  it('does not matter while the master is there', async () => {
    const store = await open()
    await put(store, KEY, 'one')
    redis.sentinel.pause()
    expect((await store.read(KEY))?.value).toBe('one')
    redis.sentinel.resume()
  })
})

describe('one of two Sentinels', () => {
  it('may be down, and nothing is printed about it', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    redis = await sentinelRedis()
    const nobody = await freePort()
    const sentinels = [redis.sentinel.port, nobody].map(port => ({ host: '127.0.0.1', port }))
    const store = storeFor({ connection: { sentinels, name: redis.name } })
    await put(store, KEY, 'one')
    await store.subscribe(KEY, () => undefined)
    const attempt = new Socket()
    // What the store has tried meanwhile fails no later than this does.
    await new Promise(resolve => attempt.once('error', resolve).connect(nobody, '127.0.0.1'))
    await store.read(KEY)
    expect(printed).not.toHaveBeenCalled()
  })
})

describe('a client of one’s own that asks for a replica', () => {
  it('does not make the store read from one', async () => {
    redis = await sentinelRedis()
    const sentinels = [{ host: '127.0.0.1', port: redis.sentinel.port }]
    const client = new Redis({
      sentinels,
      name: redis.name,
      role: 'slave',
      readOnly: true,
      lazyConnect: true,
    })
    const store = storeFor({ client })
    await put(store, KEY, 'one')
    expect(await redis.servers[0].ask('INFO', 'commandstats')).toMatch(/cmdstat_eval/)
    expect(await redis.servers[1].ask('INFO', 'commandstats')).not.toMatch(/cmdstat_eval/)
  })
})

describe('three Sentinels that hang', () => {
  it('are passed by on the way to one that answers', async () => {
    redis = await sentinelRedis()
    const { port } = redis.sentinel
    const holes = await Promise.all([1, 2, 3].map(() => tcpProxy(port)))
    for (const hole of holes) hole.mode = 'blackhole'
    const sentinels = [...holes, redis.sentinel].map(each => ({ host: '127.0.0.1', port: each.port }))
    const limits = { commandTimeoutMs: 400, connectTimeoutMs: 400 }
    const store = storeFor({ connection: { sentinels, name: redis.name }, ...limits })
    await eventually('it is found', async () => (await store.read(KEY)) === undefined, 10_000)
    await store.close()
    await Promise.all(holes.map(hole => hole.close()))
  })
})

describe('TLS that was asked for', () => {
  type Behind = Pick<RedisOptions, 'sentinels' | 'name' | 'natMap'>
  const auth = { username: 'default', password: 'planted' }
  it.each<[string, (behind: Behind) => RedisStoreOptions]>([
    ['rediss:', behind => ({ url: 'rediss://default:planted@ignored', connection: behind })],
    ['tls', behind => ({ connection: { ...behind, ...auth, tls: {} } })],
    ['a client', behind => ({ client: new Redis({ ...behind, ...auth, tls: {}, lazyConnect: true }) })],
  ])(
    'by %s goes for the servers that a Sentinel names, too: nothing is said in clear',
    async (_, options) => {
      redis = await sentinelRedis()
      const { port } = redis.servers[0]
      const proxy = await tcpProxy(port)
      const sentinels = [{ host: '127.0.0.1', port: redis.sentinel.port }]
      const natMap = { [`127.0.0.1:${port}`]: { host: '127.0.0.1', port: proxy.port } }
      const store = storeFor(options({ sentinels, name: redis.name, natMap }))
      await failureOf(store.write(KEY, { value: 'planted', expected: undefined }))
      expect(proxy.connections).toBeGreaterThan(0)
      // What TLS begins with, and nothing that Redis would understand.
      expect(proxy.sent.slice(0, 2)).toBe('\u0016\u0003')
      expect(proxy.sent).not.toContain('planted')
      await store.close()
      await proxy.close()
    },
  )
})

describe('Sentinels that name no server', () => {
  it.each([
    ['the name is wrong', { name: 'typo' }, 'The Sentinels know no master of this name. (NOMASTER)'],
    ['they demand a password', {}, 'Redis demands a password. (NOAUTH)'],
    [
      'the password is wrong',
      { sentinelPassword: 'x' },
      'Redis does not accept user and password. (WRONGPASS)',
    ],
  ])('say why: %s', async (_, own, message) => {
    redis = await sentinelRedis()
    if (!('name' in own)) await redis.sentinel.ask('ACL', 'SETUSER', 'default', 'resetpass', '>secret')
    const sentinels = [{ host: '127.0.0.1', port: redis.sentinel.port }]
    const store = storeFor({ connection: { sentinels, name: redis.name, ...own } })
    expect(await failureOf(store.read(KEY))).toMatchObject({ kind: 'configure', message })
    expect(await failureOf(store.subscribe(KEY, () => undefined))).toMatchObject({ kind: 'configure' })
  })
})
