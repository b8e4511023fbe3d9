import { type Provider, type Store, tolerantProfile } from '@evergrant/core'
import { type TokenEvent, tokenSource } from '@evergrant/runtime'
import { memoryStore } from '@evergrant/store-memory'
import { jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { keyring, rekey, sealed, sealedUnder } from '../../src/index.ts'
import { kept } from '../support/handles.ts'
import { rawKey } from '../support/keys.ts'

const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token',
  clientSecretMethod: 'client_secret_post',
  profile: tolerantProfile,
  policy: {},
}

/** A process with a source over a sealed store. */
function processes() {
  const clock = virtualClock()
  const inner = memoryStore({ clock })
  let issued = 0
  const transport = scriptedTransport(() =>
    jsonResponse({ access_token: `token-${++issued}`, expires_in: 3_600 }),
  )
  const open = (keys = keyring({ current: rawKey('one') })) => {
    const store = sealed(kept(inner), keys)
    const source = tokenSource({
      provider: PROVIDER,
      client: { id: 'i', secret: 's' },
      clock,
      transport,
      store,
      random: () => 0.5,
    })
    const events: TokenEvent[] = []
    source.on(event => events.push(event))
    return { source, events }
  }
  return { clock, inner, transport, open }
}

async function onlyKey(store: Store): Promise<string> {
  for await (const key of store.keys?.() ?? []) return key
  throw new Error('the store is empty')
}

describe('a sealed record that is put back after a newer one', () => {
  it('is noticed by its generation: it is not served, and the newer one takes its place again', async () => {
    const { inner, transport, open } = processes()
    const { source } = open()
    await source.token()
    const key = await onlyKey(inner)
    const old = (await inner.read(key))?.value ?? ''
    source.reject('token-1')
    expect((await source.token()).accessToken).toBe('token-2')
    const current = await inner.read(key)
    await inner.write(key, { value: old, expected: current?.version })
    // The store tells of the change, the record is read and opened, and its generation is an old one.
    await expect.poll(async () => (await inner.read(key))?.value === old).toBe(false)
    expect((await source.token()).accessToken).toBe('token-2')
    const fresh = open()
    expect((await fresh.source.token()).accessToken).toBe('token-2')
    expect(transport.requests).toHaveLength(2)
    await Promise.all([source.close(), fresh.source.close()])
  })
})

describe('a process without the key', () => {
  it('says which one it lacks, writes nothing, and goes on with the next one when it has it', async () => {
    const { clock, inner, open } = processes()
    const first = open()
    await first.source.token()
    await first.source.close()
    const key = await onlyKey(inner)
    const before = await inner.read(key)
    const { source, events } = open(keyring({ current: rawKey('two') }))
    const asked = source.token()
    await expect.poll(() => events.some(event => event.type === 'store.refused')).toBe(true)
    await clock.advance(60_000)
    await asked
    const refusal = events.find(event => event.type === 'store.refused')
    expect(refusal).toMatchObject({ failure: { code: 'seal_key_missing', kind: 'configure' } })
    expect(JSON.stringify(refusal)).toContain('\\"one\\"')
    expect(await inner.read(key)).toMatchObject({ value: before?.value, version: before?.version })
    await source.close()
    const { source: last } = open(keyring({ current: rawKey('two'), older: [rawKey('one')] }))
    expect((await last.token()).accessToken).toBe('token-1')
    await last.close()
  })
})

describe('a record that is rekeyed while a process holds its lease', () => {
  it('is written by that process all the same, once its token has come', async () => {
    const clock = virtualClock()
    const inner = memoryStore({ clock })
    let answer: (() => void) | undefined
    const asked = new Promise<void>(resolve => {
      answer = resolve
    })
    let requests = 0
    const ring = keyring({ current: rawKey('two'), older: [rawKey('one')] })
    const source = tokenSource({
      provider: PROVIDER,
      client: { id: 'i', secret: 's' },
      clock,
      store: sealed(kept(inner), keyring({ current: rawKey('one'), older: [rawKey('two')] })),
      transport: {
        async send() {
          requests += 1
          await asked
          return jsonResponse({ access_token: 'token-1', expires_in: 3_600 })
        },
      },
    })
    const token = source.token()
    await expect.poll(() => requests).toBe(1)
    expect(await rekey(inner, ring)).toMatchObject({ rewritten: 1 })
    answer?.()
    expect((await token).accessToken).toBe('token-1')
    const key = await onlyKey(inner)
    await expect.poll(async () => (await sealed(inner, ring).read(key))?.value.includes('token-1')).toBe(true)
    expect([requests, sealedUnder((await inner.read(key))?.value ?? '')]).toEqual([1, 'one'])
    await source.close()
  })
})
