import type { Store } from '@evergrant/core'
import { held, jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { tokenRuntime, tokenSource } from '../src/index.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

describe('close()', () => {
  it('tells those who wait, and refuses those who come', async () => {
    const { source, clock, transport } = rig()
    transport.expect(held().step)
    const waiting = failureOf(source.token())
    await clock.advance(0)
    const closing = source.close()
    await clock.advance(1_000)
    await closing
    expect(await waiting).toMatchObject({ kind: 'cancelled', code: 'closed' })
    expect(await failureOf(source.token())).toMatchObject({ code: 'closed' })
    expect(source.current()).toBeUndefined()
    expect(clock.pending).toBe(0)
    await source.close()
  })

  it('waits for the answer that is on its way', async () => {
    const { source, clock, store, transport } = rig()
    const answer = held()
    transport.expect(answer.step)
    const waiting = source.token()
    await answer.arrived
    const closing = source.close()
    answer.answer(jsonResponse({ access_token: 'just in time', expires_in: 60 }))
    await closing
    expect(clock.pending).toBe(0)
    expect(store.counts.writes).toBe(2)
    await expect(waiting).rejects.toMatchObject({ code: expect.any(String) })
  })

  it('waits for a refresh token that works once to be saved, also between two tries', async () => {
    const { source, clock, store, transport } = rig({
      grant: { type: 'refresh_token', refreshToken: 'first' },
    })
    transport.expect(() => {
      store.fault('write', 'refused')
      return jsonResponse({ access_token: 'a', refresh_token: 'second', expires_in: 60 })
    })
    const waiting = source.token()
    await clock.advance(0)
    expect(store.counts.writes).toBe(2)
    const closing = source.close()
    await clock.advance(1_000)
    await closing
    expect(store.counts.writes).toBe(3)
    expect((await waiting).accessToken).toBe('a')
  })

  it('resolves when everything is at its end, also for who calls it while somebody else has', async () => {
    const { clock, store, transport } = rig()
    const runtime = tokenRuntime({ clock, store, transport })
    const client = { id: 'i' }
    const grant = { type: 'refresh_token', refreshToken: 'first' } as const
    const own = { provider: PROVIDER, client, grant, clock, store, transport }
    for (const closable of [runtime, tokenSource(own)]) {
      const source = 'source' in closable ? closable.source({ ...own, subject: 'another' }) : closable
      const answer = held()
      transport.expect(answer.step)
      const waiting = source.token()
      await answer.arrived
      const closings = [closable.close(), closable.close()].map(async closing => {
        await closing
        return store.counts.writes
      })
      const before = store.counts.writes
      answer.answer(jsonResponse({ access_token: 'a', refresh_token: 'second', expires_in: 60 }))
      expect(await Promise.all(closings)).toEqual([before + 1, before + 1])
      await waiting
    }
  })

  it('begins nothing new, whatever the record says that is being read', async () => {
    const { source, clock, store, transport } = rig({ keepWarm: true })
    const waiting = failureOf(source.token())
    expect(store.counts.reads).toBe(0)
    const closing = source.close()
    await clock.advance(1_000)
    await closing
    expect(await waiting).toMatchObject({ code: 'closed' })
    expect([store.counts.reads, store.counts.writes, transport.requests.length]).toEqual([1, 0, 0])
  })

  it('leaves nothing behind', async () => {
    const { source, clock } = rig({ keepWarm: true })
    await clock.advance(0)
    await source.close()
    expect(clock.pending).toBe(0)
  })

  it('comes with `await using`', async () => {
    let kept: ReturnType<typeof rig> | undefined
    {
      const made = rig()
      await using source = made.source
      await source.token()
      kept = made
    }
    expect(await failureOf(kept.source.token())).toMatchObject({ code: 'closed' })
  })

  it('does not look again at what others have changed meanwhile', async () => {
    const { clock, store, transport } = rig()
    let tell: () => void = () => undefined
    const telling: Store = {
      ...store,
      async subscribe(_key, onChange) {
        tell = onChange
        return async () => undefined
      },
    }
    const answer = held()
    transport.expect(answer.step)
    const client = { id: 'i', secret: 's' }
    const source = tokenSource({ provider: PROVIDER, client, clock, store: telling, transport })
    const waiting = failureOf(source.token())
    await answer.arrived
    const { reads } = store.counts
    const closing = source.close()
    tell()
    answer.answer(jsonResponse({ access_token: 'just in time', expires_in: 60 }))
    await closing
    await waiting
    expect(store.counts.reads).toBe(reads)
  })
})
