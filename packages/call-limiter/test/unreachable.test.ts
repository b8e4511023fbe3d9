import { eventually, type RedisServer, startServer, type TcpProxy, tcpProxy } from '@evergrant/tooling-redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { admitted, failureOf } from './support/limits.ts'
import { limiterMaker, newKey } from './support/redis.ts'

let server: RedisServer
let proxy: TcpProxy
let url: string
const make = limiterMaker()

beforeAll(async () => {
  server = await startServer()
  proxy = await tcpProxy(server.port)
  url = `redis://127.0.0.1:${proxy.port}`
})
afterAll(async () => {
  await proxy.close()
  await server.close()
})
beforeEach(() => {
  proxy.mode = 'pass'
  proxy.refuse(false)
})

describe('while Redis cannot be reached', () => {
  it('the same limit holds for the process alone, and that is said once', async () => {
    const key = newKey()
    const { limiter, events } = make(url)
    proxy.refuse(true)
    expect(await admitted(limiter, key, 20)).toBe(5)
    expect(events).toMatchObject([{ type: 'limiter.unreachable', instead: 'local' }])
  })

  it('calls that were admitted before count in the limit of the process', async () => {
    const key = newKey()
    const { limiter } = make(url, { perSecond: 0.5 })
    expect(await admitted(limiter, key, 2)).toBe(1)
    proxy.refuse(true)
    expect(await admitted(limiter, key, 2)).toBe(0)
  })

  it('no limit holds, where that was chosen', async () => {
    const { limiter, events } = make(url, { whenUnreachable: 'open' })
    proxy.refuse(true)
    expect(await admitted(limiter, newKey(), 20)).toBe(20)
    expect(events).toMatchObject([{ instead: 'open' }])
  })

  it('calls are turned away, where that was chosen', async () => {
    const { limiter, events } = make(url, { whenUnreachable: 'closed' })
    proxy.refuse(true)
    const failures = [1, 2, 3].map(() => failureOf(limiter.admit('x', { waitMsMax: 5_000 })))
    for (const failure of await Promise.all(failures)) {
      expect(failure).toMatchObject({ code: 'rate_limited', retryAfterMs: 500 })
    }
    expect(events).toMatchObject([{ instead: 'closed' }])
  })

  it('pauses that the API asks for are kept by the process alone', async () => {
    const key = newKey()
    const { limiter } = make(url)
    await limiter.admit(key, { waitMsMax: 0 })
    proxy.refuse(true)
    limiter.slowDown(key, 10_000)
    const failure = await failureOf(limiter.admit(key, { waitMsMax: 0 }))
    expect(failure.retryAfterMs).toBeGreaterThan(5_000)
  })

  it('a server that hangs is waited for, for a moment', async () => {
    const key = newKey()
    const { limiter, events } = make(url, { timeoutMs: 200 })
    await limiter.admit(key, { waitMsMax: 0 })
    proxy.mode = 'blackhole'
    expect(await admitted(limiter, key, 9)).toBe(4)
    expect(events).toMatchObject([{ type: 'limiter.unreachable' }])
  })

  it('callers in line get their turns in their order all the same', async () => {
    const key = newKey()
    const { limiter } = make(url, { perSecond: 20, jitterMs: 0 })
    proxy.refuse(true)
    const order: number[] = []
    const callers = Array.from({ length: 40 }, (_, i) =>
      limiter.admit(key, { waitMsMax: 5_000 }).then(() => order.push(i)),
    )
    await Promise.all(callers)
    expect(order).toEqual([...order].sort((a, b) => a - b))
  })
})

describe('when Redis can be reached again', () => {
  it.each(['refused', 'hung', 'cut'] as const)(
    'the shared limit holds again, after connections were %s',
    async how => {
      const key = newKey()
      const { limiter, events } = make(url, { timeoutMs: 200 })
      await limiter.admit(key, { waitMsMax: 0 })
      if (how === 'refused') proxy.refuse(true)
      if (how === 'hung') proxy.mode = 'blackhole'
      if (how === 'cut') proxy.cut()
      await eventually('the loss is noticed', async () => {
        await limiter.admit(newKey(), { waitMsMax: 0 })
        return events.length === 1 || how === 'cut'
      })
      proxy.mode = 'pass'
      proxy.refuse(false)
      const other = make(url)
      await eventually('the limit is shared again', async () => {
        const shared = newKey()
        await limiter.admit(shared, { waitMsMax: 0 })
        // A question whose answer was lost has been counted, too.
        return (
          (await admitted(other.limiter, shared, 9)) === 4 && events.at(-1)?.type !== 'limiter.unreachable'
        )
      })
      const recovered = events.map(({ type }) => type).filter(type => type === 'limiter.recovered')
      expect(recovered.length).toBe(events.length / 2)
    },
  )

  it('a restart that has forgotten the script changes nothing', async () => {
    const key = newKey()
    const { limiter, events } = make(url)
    await limiter.admit(key, { waitMsMax: 0 })
    await server.ask('SCRIPT', 'FLUSH')
    expect(await admitted(limiter, key, 9)).toBe(4)
    expect(events).toEqual([])
  })
})
