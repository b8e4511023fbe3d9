import { fail, TransportError, tolerantProfile } from '@evergrant/core'
import { conformance } from '@evergrant/store-conformance'
import { atRest, held, jsonResponse, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { localStore, secret } from '../src/index.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const clock = virtualClock()

describe('the store that a runtime brings along conforms: it', () => {
  const subject = { open: () => localStore({ clock }), pass: (ms: number) => clock.advance(ms) }
  for (const { title, run } of conformance(subject)) {
    it(title, async ({ annotate }) => {
      const reason = await run()
      if (reason !== undefined) await annotate(reason, 'not applicable')
    })
  }

  it('holds no more entries than allowed', async () => {
    const store = localStore({ entriesMax: 2, clock })
    for (const key of 'abc') await store.write(key, { value: key, expected: undefined })
    expect(await store.read('a')).toBeUndefined()
    expect((await store.read('c'))?.value).toBe('c')
  })
})

describe('a store that stalls', () => {
  it('holds nobody up for longer than its deadline', async () => {
    const { source, store, clock: time } = rig()
    store.outage = 'stalled'
    const waiting = source.token()
    await time.advance(2_000)
    expect((await waiting).accessToken).toBe('token-1')
  })

  it('holds nobody up who can be served', async () => {
    const { source, store, clock: time } = rig()
    await source.token()
    store.outage = 'stalled'
    await time.advance(3_600_000 - 60_000)
    expect((await source.token()).accessToken).toBe('token-1')
    expect((await source.token()).accessToken).toBe('token-1')
  })
})

describe('a store that throws before it promises', () => {
  it('counts as failed', async () => {
    const { source, events } = rig({}, () => jsonResponse({ access_token: 'a' }))
    const { source: broken, store } = rig()
    Object.assign(store, {
      read() {
        throw new Error('not even a promise')
      },
    })
    expect((await broken.token()).accessToken).toBe('token-1')
    expect(events).toEqual([])
    await source.close()
  })

  it('counts as one that does not tell of changes', async () => {
    const { source, store, events } = rig()
    Object.assign(store, {
      subscribe() {
        throw new Error('not even a promise')
      },
    })
    source.on(event => events.push(event))
    expect((await source.token()).accessToken).toBe('token-1')
    expect(events).toContainEqual(expect.objectContaining({ type: 'subscription.failed' }))
  })
})

describe('a store that answers nothing', () => {
  it('counts as failed when it was to write, and as empty when it was to read', async () => {
    const { source, store } = rig()
    Object.assign(store, { read: async () => null, write: async () => undefined })
    expect((await source.token()).accessToken).toBe('token-1')
  })
})

describe('a store that refuses what is as it is said to be', () => {
  it('counts as failed, and is tried again after a pause', async () => {
    const { source, store, clock } = rig()
    let writes = 0
    Object.assign(store, {
      read: async () => undefined,
      write: async () => {
        writes += 1
        return { written: false, entry: undefined }
      },
    })
    const token = source.token()
    await clock.advance(1_000)
    expect(writes).toBeLessThan(10)
    expect((await token).accessToken).toBe('token-1')
  })
})

describe('a store that tells of changes', () => {
  it('is subscribed to with the first read, and let go with the session', async () => {
    const { source, store } = rig()
    let subscribed = 0
    Object.assign(store, {
      subscribe: async () => {
        subscribed += 1
        return async () => {
          subscribed -= 1
        }
      },
    })
    await source.token()
    expect(subscribed).toBe(1)
    await source.close()
    expect(subscribed).toBe(0)
  })

  it('but fails to subscribe is polled instead, and tried again', async () => {
    const { source, store, clock: time, events } = rig({ keepWarm: false })
    let attempts = 0
    Object.assign(store, {
      subscribe: async () => {
        attempts += 1
        throw new Error('no')
      },
    })
    await source.token()
    await time.advance(0)
    expect(events).toContainEqual(expect.objectContaining({ type: 'subscription.failed' }))
    source.reject(await source.token())
    store.fault('write', 'refused')
    await source.token()
    expect(attempts).toBeGreaterThanOrEqual(1)
  })

  it('wakes a session that waits for another process', async () => {
    const { source, store } = rig()
    let hint: () => void = () => undefined
    Object.assign(store, {
      subscribe: async (_: string, onChange: () => void) => {
        hint = onChange
        return async () => undefined
      },
    })
    await source.token()
    await atRest()
    const { reads } = store.counts
    hint()
    await atRest()
    expect(store.counts.reads).toBe(reads + 1)
  })
})

describe('a transport', () => {
  it('that says it has not sent is asked again; one that does not know is, for idempotent grants', async () => {
    const { source, transport, clock: time } = rig()
    transport.expect(new TransportError(fail('transport_failed'), 'not_sent'), new Error('something'))
    const waiting = source.token()
    await time.advance(5_000)
    expect((await waiting).accessToken).toBe('token-1')
    expect(transport.requests).toHaveLength(3)
  })

  it('that never answers is given up a moment after its own limit', async () => {
    const { source, transport, clock: time } = rig()
    transport.expect(held().step)
    const waiting = source.token()
    await time.advance(6_000)
    await time.advance(1_000)
    expect((await waiting).accessToken).toBe('token-1')
  })

  it('is not given up because the clock is set forward meanwhile', async () => {
    const { source, transport, clock: time } = rig()
    const answer = held()
    transport.expect(answer.step)
    const waiting = source.token()
    await answer.arrived
    time.jump(20_000)
    await time.advance(1_000)
    answer.answer(jsonResponse({ access_token: 'just-in-time', expires_in: 60 }))
    expect((await waiting).accessToken).toBe('just-in-time')
    expect(transport.requests).toHaveLength(1)
  })

  it('leaves no deadline behind when it was answered, nor do the store operations before and after it', async () => {
    const { source, store, clock: time } = rig()
    await source.token()
    await time.advance(0)
    expect(store.counts.writes).toBe(2)
    expect(time.pending).toBe(0)
  })

  it('is given what remains of the time after a slow secret', async () => {
    const limits: number[] = []
    let slowMs = 2_000
    const made = rig(
      {
        client: {
          id: 'i',
          authentication: {
            authenticate: async request => {
              const { clock: time } = made
              if (slowMs > 0) await new Promise<void>(resolve => time.wake(time.now() + slowMs, resolve))
              return { method: 'POST', url: request.endpoint, headers: [], body: '', secrets: [] }
            },
          },
        },
      },
      (_, { timeoutMs }) => {
        limits.push(timeoutMs)
        return jsonResponse({ access_token: 'a', expires_in: 60 })
      },
    )
    const waiting = made.source.token()
    await made.clock.advance(2_000)
    await waiting
    expect(limits).toEqual([3_000])
    slowMs = 4_000
    made.source.reject('a')
    const late = failureOf(made.source.token({ timeoutMs: 4_500 }))
    await made.clock.advance(4_500)
    expect(await late).toMatchObject({ kind: 'retry' })
    expect(limits).toHaveLength(1)
  })

  it('is asked again after a secret that never came', async () => {
    let reads = 0
    const vault = secret(() => (++reads === 1 ? new Promise<string>(() => undefined) : 's'))
    const { source, clock: time } = rig({ client: { id: 'i', secret: vault } })
    const early = failureOf(source.token())
    await time.advance(5_000)
    expect(await early).toMatchObject({
      code: 'secret_unavailable',
      message: expect.stringContaining('within'),
    })
    await time.advance(30_000)
    expect((await source.token()).accessToken).toBe('token-1')
  })

  it('is asked again after an answer that made a provider throw', async () => {
    const profile = {
      ...tolerantProfile,
      classifyError: () => {
        throw new Error('of the provider')
      },
    }
    const { source, transport, clock: time } = rig({ provider: { ...PROVIDER, profile } })
    transport.expect(jsonResponse({ error: 'odd' }, 400))
    const waiting = source.token()
    await time.advance(1_000)
    expect((await waiting).accessToken).toBe('token-1')
  })

  it('is not asked when a secret cannot be read', async () => {
    const { source, transport } = rig({
      client: {
        id: 'i',
        authentication: {
          authenticate: async () => {
            throw new Error('vault sealed: s3cret')
          },
        },
      },
    })
    const error = await failureOf(source.token())
    expect(transport.requests).toHaveLength(0)
    expect(JSON.stringify([error, error.message])).not.toContain('s3cret')
  })
})
