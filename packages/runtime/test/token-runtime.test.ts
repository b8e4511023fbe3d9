import { atRest, held } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { secret, type Token, type TokenSource, tokenRuntime } from '../src/index.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const HOUR = 3_600_000

describe('a runtime with many grants', () => {
  const options = { provider: PROVIDER, client: { id: 'i', secret: 's' } }

  it('shares one session between the sources of one grant', async () => {
    const { transport, store, clock } = rig()
    const runtime = tokenRuntime({ transport, store, clock })
    const [one, other] = [runtime.source(options), runtime.source({ ...options, scopes: [] })]
    expect(await one.token()).toBe(await other.token())
    await one.close()
    expect((await other.token()).accessToken).toBe('token-1')
    await runtime.close()
    expect(await failureOf(other.token())).toMatchObject({ code: 'closed' })
  })

  it('refuses client credentials without a secret, where the mistake is', () => {
    expect(() => tokenRuntime().source({ provider: PROVIDER, client: { id: 'i' } })).toThrow(
      /client\.secret is missing/,
    )
    const grant = { type: 'refresh_token' } as const
    expect(() => tokenRuntime().source({ provider: PROVIDER, client: { id: 'i' }, grant })).not.toThrow()
  })

  it('refuses a client id that is missing, where the mistake is', () => {
    const unset = { secret: 's' } as { id: string; secret: string }
    expect(() => tokenRuntime().source({ provider: PROVIDER, client: unset })).toThrow(
      /client\.id is missing/,
    )
  })

  it.each([
    [['a b'], 'scopes has "a b", which is no scope token'],
    [[''], 'scopes has "", which is no scope token'],
    ['a b' as never, 'scopes is not a list'],
  ])('refuses %j for scopes', (scopes, problem) => {
    expect(() => tokenRuntime().source({ ...options, scopes })).toThrow(problem)
  })

  it('never shares a token between grants that differ in anything', async () => {
    const { transport, store, clock } = rig()
    const runtime = tokenRuntime({ transport, store, clock })
    const different = [
      options,
      { ...options, client: { id: 'j', secret: 's' } },
      { ...options, subject: 'tenant' },
      { ...options, scopes: ['x'] },
      { ...options, audience: 'x' },
      { ...options, resources: ['x'] },
      { ...options, provider: { ...PROVIDER, name: 'other' } },
      { ...options, provider: { ...PROVIDER, tokenEndpoint: 'https://other.example/token' } },
    ]
    const tokens = await Promise.all(different.map(each => runtime.source(each).token()))
    expect(new Set(tokens.map(token => token.accessToken)).size).toBe(different.length)
  })

  it('hears of a rejection although it has let go of the grant meanwhile, or has not begun with it', async () => {
    const { transport, store, clock } = rig()
    const runtime = tokenRuntime({ transport, store, clock, sessionsMax: 1 })
    const source = runtime.source(options)
    const token = await source.token()
    await atRest()
    await runtime.source({ ...options, subject: 'another' }).token()
    await atRest()
    expect(source.current()).toBeUndefined()
    source.reject(token)
    expect((await source.token()).accessToken).toBe('token-3')
    const elsewhere = tokenRuntime({ transport, store, clock }).source({
      ...options,
      client: { id: secret(async () => 'i'), secret: 's' },
    })
    elsewhere.reject('token-3')
    expect((await elsewhere.token()).accessToken).toBe('token-4')
    source.reject('token-3')
    await runtime.close()
  })

  it('holds no more of them than allowed, and finds those again that it let go', async () => {
    const { transport, store, clock } = rig()
    const runtime = tokenRuntime({ transport, store, clock, sessionsMax: 3 })
    const sources = Array.from({ length: 10 }, (_, i) =>
      runtime.source({ ...options, subject: `tenant ${i}` }),
    )
    for (const source of sources) await source.token()
    await atRest()
    expect(sources.filter(source => source.current() !== undefined)).toHaveLength(3)
    const [first] = sources
    expect((await first?.token())?.accessToken).toBe('token-1')
    expect(transport.requests).toHaveLength(10)
  })

  it('does not hand out what was rejected before its grant was let go of, or after', async () => {
    const { transport, store, clock } = rig()
    const runtime = tokenRuntime({ transport, store, clock, sessionsMax: 1 })
    const one = runtime.source({ ...options, subject: 'a' })
    const other = runtime.source({ ...options, subject: 'b' })
    async function ask(source: TokenSource): Promise<Token> {
      const token = await source.token()
      await atRest()
      return token
    }
    const first = await ask(one)
    await ask(other)
    one.reject(first)
    const second = await ask(one)
    expect([first.accessToken, second.accessToken]).toEqual(['token-1', 'token-3'])
    await clock.advance(HOUR / 2)
    one.reject(second)
    await ask(other)
    expect((await ask(one)).accessToken).toBe('token-4')
    expect(transport.requests).toHaveLength(4)
  })

  it('keeps the records of more grants than it holds ready, when it is given no store', async () => {
    const { transport, clock } = rig()
    const runtime = tokenRuntime({ transport, clock, sessionsMax: 2 })
    const sources = Array.from({ length: 50 }, (_, i) =>
      runtime.source({ ...options, subject: `tenant ${i}` }),
    )
    for (const source of [...sources, ...sources]) {
      await source.token()
      await atRest()
    }
    expect(transport.requests).toHaveLength(50)
  })

  it('refuses one more when all of them are busy', async () => {
    const { transport, store, clock } = rig()
    transport.expect(held().step, held().step)
    const runtime = tokenRuntime({ transport, store, clock, sessionsMax: 2 })
    const busy = ['a', 'b'].map(subject => runtime.source({ ...options, subject }).token())
    for (const each of busy) each.catch(() => undefined)
    await clock.advance(0)
    const source = runtime.source({ ...options, subject: 'c' })
    expect(await failureOf(source.token())).toMatchObject({ kind: 'retry', code: 'sessions_exhausted' })
  })

  it('keeps a grant warm as soon as one of its sources asks for it', async () => {
    const { transport, store, clock } = rig()
    const runtime = tokenRuntime({ transport, store, clock })
    await runtime.source(options).token()
    runtime.source({ ...options, keepWarm: true })
    await clock.advance(5 * HOUR)
    expect(transport.requests.length).toBeGreaterThan(4)
  })

  it('names its sessions as it is told', async () => {
    const { transport, store, clock } = rig()
    const values: (string | undefined)[] = []
    const writing = {
      ...store,
      write: (key: string, change: Parameters<typeof store.write>[1]) => {
        values.push(change.value)
        return store.write(key, change)
      },
    }
    let names = 0
    const newHolderName = () => `session ${++names}`
    const runtime = tokenRuntime({ transport, store: writing, clock, newHolderName })
    await runtime.source(options).token()
    expect(values[0]).toMatch(/"holder":"session \d"/)
  })

  it('refuses a bound that is none', () => {
    expect(() => tokenRuntime({ sessionsMax: 0 })).toThrow('sessionsMax is 0')
  })
})
