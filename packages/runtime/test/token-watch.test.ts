import { atRest, faultyStore, jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { localStore, type Token, tokenRuntime } from '../src/index.ts'
import { failureOf, numberedTokens, PROVIDER, rig } from './support/rig.ts'

const HOUR = 3_600_000

/** Takes everything that an iterator yields, as it comes. */
function collect(tokens: AsyncIterable<Token>): { seen: string[]; ended: Promise<void> } {
  const seen: string[] = []
  const take = async () => {
    for await (const { accessToken } of tokens) seen.push(accessToken)
  }
  return { seen, ended: take() }
}

describe('watch()', () => {
  it('yields the token that is held first, then every new one, without anybody asking', async () => {
    const { source, clock } = rig()
    await source.token()
    const { seen } = collect(source.watch())
    await atRest()
    expect(seen).toEqual(['token-1'])
    await clock.advance(3 * HOUR)
    expect(seen).toEqual(['token-1', 'token-2', 'token-3', 'token-4'])
  })

  it('obtains the first token when there is none, and waits through failures', async () => {
    const { source, clock, transport } = rig()
    transport.expect(jsonResponse({}, 503), jsonResponse({}, 503))
    const { seen } = collect(source.watch())
    await clock.advance(60_000)
    expect(seen).toEqual(['token-1'])
  })

  it('tells a slow consumer of the newest only', async () => {
    const { source, clock } = rig()
    const tokens = source.watch()
    const first = tokens.next()
    await clock.advance(0)
    expect((await first).value?.accessToken).toBe('token-1')
    await clock.advance(3 * HOUR)
    expect((await tokens.next()).value?.accessToken).toBe('token-4')
    await tokens.return()
  })

  it('ends when the source is closed', async () => {
    const { source, clock } = rig()
    const { seen, ended } = collect(source.watch())
    await clock.advance(0)
    await source.close()
    await ended
    expect(seen).toEqual(['token-1'])
  })

  it('that ends while its source is closed asks the store for nothing more', async () => {
    const clock = virtualClock()
    const local = localStore({ clock })
    let tell: () => void = () => undefined
    const store = faultyStore({
      ...local,
      traits: { ...local.traits, scope: 'shared' },
      subscribe: async (_key, onChange) => {
        tell = onChange
        return async () => undefined
      },
    })
    const runtime = tokenRuntime({ clock, store, transport: scriptedTransport(numberedTokens()) })
    const source = runtime.source({ provider: PROVIDER, client: { id: 'i', secret: 's' } })
    const controller = new AbortController()
    const { ended } = collect(source.watch({ signal: controller.signal }))
    await clock.advance(0)
    store.fault('read', 'refused')
    tell()
    await clock.advance(0)
    tell()
    clock.jump(10_000)
    const { reads } = store.counts
    controller.abort()
    await Promise.all([runtime.close(), ended])
    expect(store.counts.reads).toBe(reads)
    expect(clock.pending).toBe(0)
  })

  it('throws when its signal is aborted, and leaves the source alone', async () => {
    const { source, clock } = rig()
    const controller = new AbortController()
    const { ended } = collect(source.watch({ signal: controller.signal }))
    await clock.advance(0)
    controller.abort(new Error('enough'))
    expect(await failureOf(ended)).toMatchObject({ kind: 'cancelled', code: 'aborted' })
    expect(source.current()?.accessToken).toBe('token-1')
  })

  it('stops renewing when nobody watches any more', async () => {
    const { source, clock, transport } = rig()
    const tokens = source.watch()
    const first = tokens.next()
    await clock.advance(0)
    await first
    await tokens.return()
    await clock.advance(10 * HOUR)
    expect(transport.requests).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('goes on renewing after the last watcher where the source is kept warm', async () => {
    const { source, clock, transport } = rig({ keepWarm: true })
    const tokens = source.watch()
    const first = tokens.next()
    await clock.advance(0)
    await first
    await tokens.return()
    await clock.advance(2 * HOUR)
    expect(transport.requests).toHaveLength(3)
  })

  it('follows what another process renews, and never asks itself', async () => {
    const clock = virtualClock()
    const store = localStore({ clock })
    const shared = { ...store, traits: { ...store.traits, scope: 'shared' as const } }
    let requests = 0
    const answer = numberedTokens() as () => ReturnType<typeof jsonResponse>
    const transport = { send: async () => answer() }
    const silent = {
      send: async () => {
        requests += 1
        return answer()
      },
    }
    const grant = { provider: PROVIDER, client: { id: 'the-id', secret: 'the-s3cret' } }
    const renewer = tokenRuntime({ clock, store: shared, transport }).source({ ...grant, keepWarm: true })
    const follower = tokenRuntime({ clock, store: shared, transport: silent }).source({
      ...grant,
      role: 'follower',
    })
    const { seen } = collect(follower.watch())
    await clock.advance(2 * HOUR)
    expect(seen).toEqual(['token-1', 'token-2', 'token-3'])
    expect(requests).toBe(0)
    await Promise.all([renewer.close(), follower.close()])
  })
})
