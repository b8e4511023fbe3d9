import { eventually, startServer, tcpProxy } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { redisStore } from '../src/index.ts'
import { elapsedMs, failureOf, hintCounter, put, storeMaker } from './support/bench.ts'

const server = await startServer()
const proxy = await tcpProxy(server.port)
const redis = new Redis(server.url)
afterAll(async () => {
  redis.disconnect()
  await proxy.close()
  await server.close()
})
const KEY = 'evergrant:1:connection'
const url = `redis://127.0.0.1:${proxy.port}`
const storeFor = storeMaker({ url })
const unbound = storeMaker()

beforeEach(() => redis.flushall())
afterEach(() => {
  proxy.mode = 'pass'
  proxy.replyDelayMs = 0
  proxy.refuse(false)
})

describe('a write whose answer is lost', () => {
  it('is sent again, and recognised as what was written already: a creation', async () => {
    const store = storeFor()
    await put(store, 'the server', 'knows the script')
    proxy.loseReplyTo('"created"')
    const version = await put(store, KEY, '"created"')
    expect(await store.read(KEY)).toMatchObject({ value: '"created"', version })
    expect(proxy.sent.split('"created"').length - 1).toBe(2)
  })

  it('is sent again, and recognised as what was written already: a replacement', async () => {
    const store = storeFor()
    const first = await put(store, KEY, 'one')
    proxy.loseReplyTo('"replaced"')
    const second = await put(store, KEY, '"replaced"', first)
    expect((await store.read(KEY))?.version).toBe(second)
  })

  it('is sent again, and recognised as what was written already: a delete', async () => {
    const store = storeFor()
    const version = await put(store, KEY, 'one')
    proxy.loseReplyTo(version)
    const result = await store.write(KEY, { value: undefined, expected: version })
    expect(result.written).toBe(true)
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('is refused when somebody else has written since, and the truth comes along', async () => {
    const [store, other] = [storeFor(), storeFor({ url: server.url })]
    const first = await put(store, KEY, 'one')
    proxy.loseReplyTo('"mine"', async () => {
      await put(other, KEY, 'theirs', (await other.read(KEY))?.version)
    })
    const result = await store.write(KEY, { value: '"mine"', expected: first })
    expect(result).toMatchObject({ written: false, entry: { value: 'theirs' } })
  })
})

describe('a connection that is cut', () => {
  it('costs a moment, and nobody notices', async () => {
    const store = storeFor()
    await put(store, KEY, 'one')
    proxy.cut()
    expect((await store.read(KEY))?.value).toBe('one')
  })

  it('costs nothing to the commands that were under way', async () => {
    const store = storeFor()
    await put(store, KEY, 'one')
    proxy.replyDelayMs = 50
    const reads = Array.from({ length: 100 }, () => store.read(KEY))
    await eventually('the commands are on their way', () => proxy.sent.endsWith(`${KEY}\r\n`))
    proxy.cut()
    proxy.replyDelayMs = 0
    expect((await Promise.all(reads)).every(entry => entry?.value === 'one')).toBe(true)
  })
})

describe('a server that is out of reach', () => {
  it('is waited for once, and then every operation fails at once', async () => {
    const store = storeFor()
    await put(store, KEY, 'one')
    proxy.refuse(true)
    await failureOf(store.read(KEY))
    for (const attempt of [
      () => store.read(KEY),
      () => store.write(KEY, { value: 'x', expected: undefined }),
    ]) {
      const pending = attempt()
      expect(await elapsedMs(pending)).toBeLessThan(500)
      expect(await failureOf(pending)).toMatchObject({ kind: 'retry', code: 'store_unreachable' })
    }
    const many = async () => {
      for (let i = 0; i < 50; i++) await failureOf(store.read(KEY))
    }
    expect(await elapsedMs(many())).toBeLessThan(1_000)
    proxy.refuse(false)
    const entry = await eventually('it is back', () => store.read(KEY))
    expect(entry.value).toBe('one')
  })

  it('from the beginning is not waited for either', async () => {
    proxy.refuse(true)
    const store = storeFor()
    const failure = await failureOf(store.read(KEY))
    expect(failure).toMatchObject({ code: 'store_unreachable' })
    expect(await elapsedMs(store.read(KEY))).toBeLessThan(500)
  })

  it('keeps nothing in memory: no command is queued for later', async () => {
    const store = storeFor()
    await put(store, KEY, 'one')
    proxy.refuse(true)
    await failureOf(store.read(KEY))
    const before = proxy.sent.length
    const failures = await Promise.all(
      Array.from({ length: 20_000 }, (_, i) =>
        failureOf(store.write(`k${i}`, { value: 'x', expected: undefined })),
      ),
    )
    expect(failures).toHaveLength(20_000)
    proxy.refuse(false)
    await eventually('it is back', () => store.read(KEY))
    expect(proxy.sent.slice(before)).not.toContain('k19')
    expect(await redis.dbsize()).toBe(1)
  })
})

describe('a connection that has gone silent', () => {
  it('is not waited for longer than the limit, and is replaced', async () => {
    const store = storeFor({ commandTimeoutMs: 700 })
    await put(store, KEY, 'one')
    proxy.mode = 'blackhole'
    const pending = store.read(KEY)
    const tookMs = await elapsedMs(pending)
    expect(tookMs).toBeGreaterThan(650)
    expect(tookMs).toBeLessThan(1_500)
    expect((await failureOf(pending)).message).toContain('700 ms')
    // The old connection stays mute for ever; only a new one can help.
    const before = proxy.connections
    proxy.mode = 'pass'
    const entry = await eventually('a new connection', () => store.read(KEY))
    expect(entry.value).toBe('one')
    expect(proxy.connections).toBeGreaterThan(before)
  })

  it('from the beginning is replaced, too', async () => {
    proxy.mode = 'blackhole'
    const store = storeFor({ commandTimeoutMs: 500, connectTimeoutMs: 500 })
    await failureOf(store.read(KEY))
    await eventually('it tries again', () => proxy.connections > 0 && failureOf(store.read(KEY)))
    proxy.mode = 'pass'
    await eventually('it is there', async () => (await store.read(KEY)) === undefined)
  })

  it('does not let commands pile up', async () => {
    const store = storeFor({ commandTimeoutMs: 1_000, pendingMax: 100 })
    await put(store, KEY, 'one')
    proxy.mode = 'blackhole'
    const failures = await Promise.all(Array.from({ length: 150 }, () => failureOf(store.read(KEY))))
    const rejectedAtOnce = failures.filter(({ message }) => message.includes('pendingMax (100)'))
    expect(rejectedAtOnce).toHaveLength(50)
    proxy.mode = 'pass'
    await eventually('there is room again', () => store.read(KEY))
  })

  it('does not bring back later what was given up', async () => {
    const store = storeFor({ commandTimeoutMs: 700 })
    await store.read(KEY)
    proxy.mode = 'blackhole'
    await failureOf(store.write(KEY, { value: 'given up', expected: undefined }))
    proxy.mode = 'pass'
    await eventually('a new connection', async () => (await store.read('other')) === undefined)
    expect(await redis.exists(KEY)).toBe(0)
  })
})

describe('an answer that comes late, while others come in time', () => {
  it('has nothing more sent for what was given up: not even a script that the server has forgotten', async () => {
    const store = storeFor({ commandTimeoutMs: 700 })
    await store.read(KEY)
    await redis.script('FLUSH')
    await store.read(KEY)
    const calls = async () => /cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]
    const before = await calls()
    proxy.replyDelayMs = 500
    const inTime = store.read(KEY)
    await eventually('it is answered', async () => (await calls()) !== before)
    proxy.replyDelayMs = 850
    const failure = await failureOf(store.write(KEY, { value: '"late"', expected: undefined }))
    expect(failure.message).toContain('700 ms')
    await inTime
    const givenUpAt = performance.now()
    await eventually('the answer has come', () => performance.now() > givenUpAt + 400)
    expect(proxy.sent.split('"late"').length - 1).toBe(1)
    expect(await redis.exists(KEY)).toBe(0)
  })
})

describe('a client of one’s own', () => {
  it('is a pattern: neither used nor closed', async () => {
    const client = new Redis(url)
    await client.ping()
    const before = proxy.sent.length
    const store = redisStore({ client })
    await put(store, KEY, 'one')
    await store.close?.()
    expect(client.status).toBe('ready')
    expect(await client.ping()).toBe('PONG')
    expect(proxy.sent.slice(before)).toContain(KEY)
    client.disconnect()
  })

  it('whose password changes with that of the server is copied anew', async () => {
    await server.ask('ACL', 'SETUSER', 'rotating', 'on', '>one', '~*', '&*', '+@all')
    const client = new Redis(url, { lazyConnect: true, username: 'rotating', password: 'one' })
    const store = unbound({ client })
    const hints = hintCounter()
    await store.subscribe(KEY, hints.hear)
    await put(store, KEY, 'one')
    await server.ask('ACL', 'SETUSER', 'rotating', 'resetpass', '>two')
    await server.ask('CLIENT', 'KILL', 'USER', 'rotating')
    await eventually('it is refused', async () =>
      (await failureOf(store.read(KEY))).message.includes('WRONGPASS'),
    )
    const before = hints.count
    client.options.password = 'two'
    await eventually('it is let in again', () => store.read(KEY))
    await eventually('the gap is told', () => hints.count > before)
    await store.close()
  })

  it.each([
    ['never settles what it does not send again', { autoResendUnfulfilledCommands: false }],
    ['sends again for ever', { maxRetriesPerRequest: null }],
    ['queues without end', { enableOfflineQueue: true, maxRetriesPerRequest: null }],
    ['gives up a connection for good', { retryStrategy: () => null }],
    ['waits for ever', { connectTimeout: 0, commandTimeout: 1 }],
    ['pipelines on its own', { enableAutoPipelining: true }],
    ['answers with numbers as text', { stringNumbers: true }],
  ])('that %s does not make the store do so', async (_, options) => {
    const client = new Redis(url, { ...options, lazyConnect: true })
    const store = redisStore({ client })
    await put(store, KEY, 'one')
    proxy.replyDelayMs = 100
    const pending = store.read(KEY)
    await eventually('it is on its way', () => proxy.sent.endsWith(`${KEY}\r\n`))
    proxy.cut()
    proxy.replyDelayMs = 0
    expect((await pending)?.value).toBe('one')
    proxy.refuse(true)
    await failureOf(store.read(KEY))
    expect(await elapsedMs(store.read(KEY))).toBeLessThan(500)
    proxy.refuse(false)
    await eventually('it is back', () => store.read(KEY))
    await store.close?.()
  })
})

describe('a store that is closed', () => {
  it('has no connection left, and tells what was under way', async () => {
    const store = storeFor()
    await store.subscribe(KEY, () => undefined)
    await put(store, KEY, 'one')
    proxy.mode = 'blackhole'
    const pending = failureOf(store.read(KEY))
    expect(await elapsedMs(store.close())).toBeLessThan(1_000)
    expect((await pending).code).toBe('closed')
    await eventually('all connections are closed', () => proxy.open === 0, 2_000)
    expect(await failureOf(store.subscribe(KEY, () => undefined))).toMatchObject({ code: 'closed' })
  })

  it('while it cannot connect stops trying', async () => {
    const other = await tcpProxy(server.port)
    for (const each of [proxy, other]) each.refuse(true)
    const [store, rival] = [storeFor(), storeFor({ url: `redis://127.0.0.1:${other.port}` })]
    for (const each of [store, rival]) {
      await failureOf(each.read(KEY))
      await failureOf(each.subscribe(KEY, () => undefined))
    }
    await store.close()
    const [before, tried] = [proxy.connections, other.connections]
    // The one that is not closed has tried again meanwhile, on both of its connections.
    await eventually('the other one tries', () => other.connections >= tried + 4)
    expect(proxy.connections).toBe(before)
    await rival.close()
    await other.close()
  })

  it('has never connected if it was never used', async () => {
    const before = proxy.connections
    await redisStore({ url }).close?.()
    expect(proxy.connections).toBe(before)
  })
})

it('an error of the connection is neither printed nor thrown', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  proxy.refuse(true)
  const store = storeFor()
  await failureOf(store.read(KEY))
  await failureOf(store.subscribe(KEY, () => undefined))
  expect(printed).not.toHaveBeenCalled()
})
