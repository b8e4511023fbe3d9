import { fail, TransportError, type Version } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { faultyStore, held, jsonResponse, scriptedTransport, virtualClock } from '../src/index.ts'

const REQUEST = { method: 'GET', url: 'https://x', headers: [], body: undefined, secrets: [] } as const
const LIMITS = { timeoutMs: 1, bodyBytesMax: 1 }

describe('the virtual clock', () => {
  it('stands still, then fires what is due in order, first asked first', async () => {
    const clock = virtualClock(1_000)
    const fired: string[] = []
    clock.wake(1_030, () => fired.push('c'))
    clock.wake(1_010, () => fired.push('a'))
    clock.wake(1_010, () => fired.push('b'))
    const cancel = clock.wake(1_020, () => fired.push('never'))
    cancel()
    expect([clock.now(), clock.pending, clock.nextAt]).toEqual([1_000, 3, 1_010])
    await clock.advance(29)
    expect(fired).toEqual(['a', 'b'])
    await clock.advance(1)
    expect(fired).toEqual(['a', 'b', 'c'])
    expect([clock.now(), clock.nextAt]).toEqual([1_030, undefined])
  })

  it('lets promises settle between two wake-ups, and wake-ups ask for more', async () => {
    const clock = virtualClock(0)
    const seen: number[] = []
    clock.wake(5, () => {
      void Promise.resolve().then(() => clock.wake(6, () => seen.push(clock.now())))
    })
    await clock.advance(10)
    expect(seen).toEqual([6])
  })

  it('can jump without firing, and fires late then', async () => {
    const clock = virtualClock(0)
    const seen: number[] = []
    clock.wake(5, () => seen.push(clock.now()))
    clock.jump(100)
    expect(seen).toEqual([])
    await clock.advance(0)
    expect(seen).toEqual([100])
  })
})

describe('the scripted transport', () => {
  it('follows its script, then the rule for what comes after', async () => {
    const transport = scriptedTransport(() => jsonResponse({ rest: true }))
    const failure = new TransportError(fail('transport_failed'), 'not_sent')
    transport.expect(jsonResponse({ first: true }, 201), failure)
    expect(await transport.send(REQUEST, LIMITS)).toMatchObject({ status: 201, body: '{"first":true}' })
    await expect(transport.send(REQUEST, LIMITS)).rejects.toBe(failure)
    expect(await transport.send(REQUEST, LIMITS)).toMatchObject({ body: '{"rest":true}' })
    expect(transport.requests).toHaveLength(3)
  })

  it('refuses what it has no step for', async () => {
    await expect(scriptedTransport().send(REQUEST, LIMITS)).rejects.toMatchObject({ delivery: 'not_sent' })
  })

  it('holds an answer back until the test gives it', async () => {
    const [answered, failed] = [held(), held()]
    const transport = scriptedTransport()
    transport.expect(answered.step, failed.step)
    const first = transport.send(REQUEST, LIMITS)
    expect(await answered.arrived).toBe(REQUEST)
    answered.answer(jsonResponse({}))
    expect((await first).status).toBe(200)
    const second = transport.send(REQUEST, LIMITS)
    failed.fail(new Error('broken'))
    await expect(second).rejects.toThrow('broken')
  })
})

describe('the faulty store', () => {
  function made() {
    const written: string[] = []
    const store = faultyStore({
      traits: { scope: 'process', durable: false, evicts: false, staleMsMax: 0 },
      read: async () => undefined,
      write: async key => {
        written.push(key)
        return { written: true, version: 'v' as Version }
      },
      subscribe: async () => async () => undefined,
      close: async () => undefined,
    })
    return { store, written }
  }
  const change = { value: 'x', expected: undefined }

  it('works, until it is told to fail: without effect, or with', async () => {
    const { store, written } = made()
    store.fault('write', 'refused', 'applied')
    await expect(store.write('a', change)).rejects.toThrow('refused')
    await expect(store.write('b', change)).rejects.toThrow('applied')
    expect(await store.write('c', change)).toMatchObject({ written: true })
    expect(written).toEqual(['b', 'c'])
    expect(store.counts).toEqual({ reads: 0, writes: 3 })
  })

  it('can stall, or be out altogether', async () => {
    const { store } = made()
    store.fault('read', 'stalled')
    const outcome = await Promise.race([
      store.read('a'),
      new Promise(resolve => setImmediate(() => resolve('still'))),
    ])
    expect(outcome).toBe('still')
    store.outage = 'refused'
    await expect(store.read('a')).rejects.toThrow()
    store.outage = undefined
    expect(await store.read('a')).toBeUndefined()
  })

  it('offers what the store behind it offers', () => {
    const { store } = made()
    expect([typeof store.subscribe, typeof store.close]).toEqual(['function', 'function'])
    const bare = faultyStore({ traits: store.traits, read: store.read, write: store.write })
    expect([bare.subscribe, bare.close]).toEqual([undefined, undefined])
  })
})
