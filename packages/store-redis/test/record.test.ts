import type { Version } from '@evergrant/core'
import { startServer } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { redisStore } from '../src/index.ts'
import { failureOf, hintCounter, put, storeMaker } from './support/bench.ts'

const server = await startServer()
const redis = new Redis(server.url)
afterAll(async () => {
  redis.disconnect()
  await server.close()
})
const KEY = 'evergrant:1:record'
const storeFor = storeMaker({ url: server.url })
const HOUR = 3_600_000

beforeEach(() => redis.flushall())

/** How often the server was asked to do what, without what a connection begins with. */
async function commandsDuring(work: () => Promise<unknown>): Promise<Record<string, number>> {
  await redis.config('RESETSTAT')
  await work()
  const lines = (await redis.info('commandstats')).match(/cmdstat_[^:]+:calls=\d+/g) ?? []
  const counts = Object.fromEntries(
    lines.map(line => {
      const [, name = '', calls] = /cmdstat_([^:]+):calls=(\d+)/.exec(line) ?? []
      return [name, Number(calls)]
    }),
  )
  // What the scripts call inside the server is no round trip.
  const sent = ['evalsha', 'eval', 'subscribe', 'ping', 'get', 'hgetall']
  return Object.fromEntries(Object.entries(counts).filter(([name]) => sent.includes(name)))
}

describe('a record', () => {
  it('is one hash with two fields, under the name of its key', async () => {
    const store = storeFor({ prefix: 'p:' })
    const version = await put(store, KEY, 'one')
    expect(await redis.keys('*')).toEqual([`p:${KEY}`])
    expect(await redis.hgetall(`p:${KEY}`)).toEqual({ version, value: 'one' })
    expect(version).toMatch(/^\d{16}-[\w-]{16}$/)
  })

  it('is read and written with one command each, subscribed to with one, and cost-free to hear of', async () => {
    const [store, other] = [storeFor(), storeFor()]
    await put(store, 'warm', 'up')
    await other.read('warm')
    await (await other.subscribe('warm', () => undefined))()
    const counts = await commandsDuring(async () => {
      const hints = hintCounter()
      await other.subscribe(KEY, hints.hear)
      await Promise.all([hints.next(), put(store, KEY, 'one')])
      await other.read(KEY)
      expect((await other.write(KEY, { value: 'x', expected: undefined })).written).toBe(false)
    })
    // One subscription, one write, one read, and one write that was refused and brought the truth along.
    expect(counts).toEqual({ subscribe: 1, evalsha: 3 })
  })

  it('is kept for ever unless something else is said', async () => {
    await put(storeFor(), KEY, 'one')
    expect(await redis.pttl(KEY)).toBe(-1)
  })

  it.each([
    ['an hour', HOUR, HOUR],
    ['a fraction of a millisecond beyond an hour', HOUR + 0.25, HOUR + 1],
    ['a moment', 5, 60_000],
    ['no time at all', 0, 60_000],
    ['a time that has passed', -1e12, 60_000],
    ['ten thousand years', 10_000 * 365 * 24 * HOUR, 100 * 365 * 24 * HOUR],
  ])('that is worth keeping for %s expires in whole milliseconds', async (_, spanMs, expectedMs) => {
    const now = 1_800_000_000_000
    const store = storeFor({ clock: { now: () => now } })
    await store.write(KEY, { value: 'one', expected: undefined, retainUntil: now + spanMs })
    const leftMs = await redis.pttl(KEY)
    expect(leftMs).toBeLessThanOrEqual(expectedMs)
    expect(leftMs).toBeGreaterThan(expectedMs - 10_000)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'that is worth keeping until %d is kept for ever',
    async retainUntil => {
      await storeFor().write(KEY, { value: 'one', expected: undefined, retainUntil })
      expect(await redis.pttl(KEY)).toBe(-1)
    },
  )

  it('lives as long as its writer reckoned, though the server’s clock is another', async () => {
    // A writer whose clock is a day slow, or a server whose clock is a day fast.
    const now = Date.now() - 24 * HOUR
    const store = storeFor({ clock: { now: () => now } })
    await store.write(KEY, { value: 'one', expected: undefined, retainUntil: now + HOUR })
    expect(await redis.pttl(KEY)).toBeGreaterThan(HOUR - 10_000)
  })

  it('leaves nothing behind for long when it is deleted', async () => {
    const store = storeFor()
    const version = await put(store, KEY, 'one')
    await store.write(KEY, { value: undefined, expected: version })
    expect(await redis.hkeys(KEY)).toEqual(['version'])
    const leftMs = await redis.pttl(KEY)
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(60_000)
  })

  it('is kept again for ever when it is created where one was deleted', async () => {
    const store = storeFor()
    const version = await put(store, KEY, 'one')
    await store.write(KEY, { value: undefined, expected: version })
    await put(store, KEY, 'two')
    expect(await redis.pttl(KEY)).toBe(-1)
  })
})

describe('a version', () => {
  it('is never used again for a key, not even by a server that has forgotten everything', async () => {
    const seen = new Set<Version>()
    const store = storeFor()
    for (let i = 0; i < 20; i++) {
      seen.add(await put(store, KEY, 'same'))
      await redis.flushall()
    }
    expect(seen.size).toBe(20)
  })

  it('says nothing about the age where the server’s clock was set back since', async () => {
    const store = storeFor()
    const hourAhead = `${(Date.now() + HOUR) * 1_000}-abc`
    await redis.hset(KEY, 'version', hourAhead, 'value', 'from the future')
    expect(await store.read(KEY)).toEqual({ value: 'from the future', version: hourAhead })
    // By less than a second it does not matter: the record is new.
    const soon = Date.now() + 600
    await redis.hset(KEY, 'version', `${soon * 1_000}-abc`)
    expect((await store.read(KEY))?.time).toEqual({ storedAt: soon, asOf: soon })
  })
})

describe('what is not a record', () => {
  it('of another type is refused in words that a person can act on, and not touched', async () => {
    await redis.set(KEY, 'a text of somebody else')
    const store = storeFor()
    expect(await failureOf(store.read(KEY))).toMatchObject({
      kind: 'configure',
      code: 'store_unreachable',
      message: expect.stringMatching(/WRONGTYPE/),
    })
    expect(await failureOf(store.write(KEY, { value: 'x', expected: undefined }))).toMatchObject({
      kind: 'configure',
    })
    expect(await redis.get(KEY)).toBe('a text of somebody else')
  })

  it('by its fields is absent', async () => {
    await redis.hset(KEY, 'something', 'else')
    expect(await storeFor().read(KEY)).toBeUndefined()
  })

  it('because it is too large is not sent', async () => {
    const store = storeFor({ valueBytesMax: 1_000 })
    await put(store, KEY, 'é'.repeat(500))
    const failure = await failureOf(store.write('other', { value: 'é'.repeat(501), expected: undefined }))
    expect(failure.message).toContain('exceeds valueBytesMax')
    expect(await redis.exists('other')).toBe(0)
  })
})

describe('two stores', () => {
  const prefixes = ['a:', 'b:', '']
  afterEach(() => redis.flushall())

  it('with different prefixes do not see each other', async () => {
    const stores = prefixes.map(prefix => storeFor({ prefix }))
    for (const [i, store] of stores.entries()) await put(store, KEY, `of store ${i}`)
    const values = await Promise.all(stores.map(async store => (await store.read(KEY))?.value))
    expect(values).toEqual(['of store 0', 'of store 1', 'of store 2'])
  })

  it('see each other when the prefix of one is that of the other’s client', async () => {
    const client = new Redis(server.url, { lazyConnect: true, keyPrefix: 'a:' })
    await put(storeFor({ prefix: 'a:b:' }), KEY, 'one')
    const store = redisStore({ client, prefix: 'b:' })
    expect((await store.read(KEY))?.value).toBe('one')
    await store.close?.()
  })
})
