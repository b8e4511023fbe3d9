import { EvergrantError } from '@evergrant/core'
import { eventually, type RedisServer, startServer } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { redisLimiter } from '../src/index.ts'
import { admitted, failureOf, mostWithin } from './support/limits.ts'
import { limiterMaker, newKey, readmeRule, witness } from './support/redis.ts'

let redis: RedisServer
const make = limiterMaker()

beforeAll(async () => {
  redis = await startServer()
})
afterAll(() => redis.close())

describe('a limit in Redis', () => {
  it('is tested over the major of ioredis that the project says', () => {
    expect(Object.is(Redis, Redis5)).toBe(inject('major') === 5)
  })

  it('is one limit for all who share it', async () => {
    const key = newKey()
    const [a, b] = [make(redis.url), make(redis.url)]
    expect((await admitted(a.limiter, key, 3)) + (await admitted(b.limiter, key, 3))).toBe(5)
  })

  it('has no seam, and everybody has its turn', async () => {
    const limiters = [1, 2, 3, 4].map(() => make(redis.url, { perSecond: 20, jitterMs: 50 }).limiter)
    const { at, close } = await witness(redis.url)
    const key = newKey()
    const calls = limiters.flatMap(limiter =>
      Array.from({ length: 15 }, () => limiter.admit(key, { waitMsMax: 50_000 })),
    )
    await Promise.all(calls)
    await eventually('all were seen', () => at.length === calls.length)
    close()
    expect(mostWithin(at, 1_000)).toBeLessThanOrEqual(20)
    expect(mostWithin(at, 1_050)).toBeGreaterThan(10)
  })

  it('tells when the next call may be made', async () => {
    const key = newKey()
    const { limiter } = make(redis.url)
    expect(await admitted(limiter, key, 5)).toBe(5)
    const failure = await failureOf(limiter.admit(key, { waitMsMax: 0 }))
    expect(failure.code).toBe('rate_limited')
    expect(failure.retryAfterMs).toBeGreaterThan(0)
    expect(failure.retryAfterMs).toBeLessThanOrEqual(60_000)
  })

  it('makes everybody pause when the API has told one of them to', async () => {
    const key = newKey()
    const [a, b] = [make(redis.url), make(redis.url)]
    await b.limiter.admit(key, { waitMsMax: 0 })
    a.limiter.slowDown(key, 100_000)
    a.limiter.slowDown(key, 100)
    await failureOf(a.limiter.admit(key, { waitMsMax: 0 }))
    const failure = await failureOf(b.limiter.admit(key, { waitMsMax: 0 }))
    expect(failure.retryAfterMs).toBeGreaterThan(50_000)
    expect(failure.retryAfterMs).toBeLessThanOrEqual(100_000)
  })

  it('is as large as ever after a pause', async () => {
    const key = newKey()
    const { limiter } = make(redis.url)
    limiter.slowDown(key, 300)
    await limiter.admit(key, { waitMsMax: 60_000 })
    expect(await admitted(limiter, key, 9)).toBe(4)
  })

  it('does not forget the calls before a short pause', async () => {
    const key = newKey()
    const { limiter } = make(redis.url, { perSecond: 1 })
    await limiter.admit(key, { waitMsMax: 0 })
    limiter.slowDown(key, 50)
    const failure = await failureOf(limiter.admit(key, { waitMsMax: 0 }))
    expect(failure.retryAfterMs).toBeGreaterThan(20_000)
  })

  it('keeps rates and prefixes apart', async () => {
    const key = newKey()
    const others = [make(redis.url, { perSecond: 3 }), make(redis.url, { prefix: 'other:' })]
    expect(await admitted(make(redis.url).limiter, key, 9)).toBe(5)
    expect(await admitted((others[0] as (typeof others)[0]).limiter, key, 9)).toBe(3)
    expect(await admitted((others[1] as (typeof others)[0]).limiter, key, 9)).toBe(5)
  })

  it('shows no key to Redis, keeps the prefix of the client, and leaves nothing behind', async () => {
    const key = `s3cret-${newKey()}`
    const client = new Redis(redis.url, { keyPrefix: 'mine:' })
    const limiter = redisLimiter({ client, perSecond: 7, jitterMs: 59_000, prefix: 'app:' })
    await limiter.admit(key, { waitMsMax: 0 })
    const plain = new Redis(redis.url)
    const names = await plain.keys('mine:app:evergrant:limit:7/60000:*')
    expect(names).toHaveLength(1)
    expect(names[0]).toMatch(/:[0-9a-f]{16}$/)
    const ttlMs = await plain.pttl(names[0] ?? '')
    expect(ttlMs).toBeGreaterThan(0)
    expect(ttlMs).toBeLessThanOrEqual(60_000)
    await Promise.all([limiter.close(), client.quit(), plain.quit()])
  })

  it('leaves the commands of the client alone that is its pattern', async () => {
    const client = new Redis(redis.url)
    const { status } = client
    const limiter = redisLimiter({ client, perSecond: 1 })
    await limiter.admit(newKey(), { waitMsMax: 0 })
    expect([status, 'rlflxIncr' in client]).toEqual([status, false])
    await limiter.close()
    expect(await client.ping()).toBe('PONG')
    await client.quit()
  })

  it('needs no more rights than the README gives it', async () => {
    await redis.ask('ACL', 'SETUSER', ...(await readmeRule()))
    const { limiter, events } = make(redis.url.replace('//', '//limiter:password@'))
    const key = newKey()
    expect(await admitted(limiter, key, 9)).toBe(5)
    limiter.slowDown(key, 5_000)
    await eventually('the pause is known', async () => {
      const failure = await failureOf(make(redis.url).limiter.admit(key, { waitMsMax: 0 }))
      return (failure.retryAfterMs ?? 0) > 1_000
    })
    expect(events).toEqual([])
  })

  it('lets everybody go when it is closed', async () => {
    const key = newKey()
    const { limiter } = make(redis.url, { perSecond: 1 })
    await limiter.admit(key, { waitMsMax: 0 })
    const waiting = failureOf(limiter.admit(key, { waitMsMax: 5_000 }))
    await limiter.close()
    expect((await waiting).code).toBe('closed')
  })
})

describe('an option that makes no sense', () => {
  it.each([
    ['timeoutMs', { timeoutMs: 0 }],
    ['waitersMax', { waitersMax: -1 }],
    ['the length of prefix', { prefix: 'x'.repeat(257) }],
    ['whenUnreachable', { whenUnreachable: 'never' as 'open' }],
    ['perSecond', { perSecond: -1 }],
  ])('is refused: %s', (name, options) => {
    const client = new Redis({ lazyConnect: true })
    const open = () => redisLimiter({ client, perSecond: 1, ...options })
    expect(open).toThrow(EvergrantError)
    expect(open).toThrow(new RegExp(`Invalid option: ${name}`))
  })
})
