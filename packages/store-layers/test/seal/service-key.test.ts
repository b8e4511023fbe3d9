import { type DataKey, EvergrantError, fail, type KeyContext, type KeyService } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { type Keyring, keyring, type ServiceKey, sealed } from '../../src/index.ts'
import { failureOf, rawKey } from '../support/keys.ts'

const KEY = 'evergrant:1:service'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A key service in memory: wraps by remembering. */
function fakeService() {
  const held = new Map<string, { bytes: Uint8Array; context: string }>()
  const service = {
    generated: 0,
    unwrapped: 0,
    contexts: new Set<string>(),
    fault: undefined as unknown,
    async generate(context: KeyContext): Promise<DataKey> {
      if (service.fault !== undefined) throw service.fault
      service.generated += 1
      service.contexts.add(JSON.stringify(context))
      const bytes = crypto.getRandomValues(new Uint8Array(32))
      const wrapped = `wrapped:${service.generated}`
      held.set(wrapped, { bytes: new Uint8Array(bytes), context: JSON.stringify(context) })
      return { plaintext: bytes, wrapped }
    },
    async unwrap(wrapped: string, context: KeyContext): Promise<Uint8Array> {
      if (service.fault !== undefined) throw service.fault
      service.unwrapped += 1
      const found = held.get(wrapped)
      if (found?.context !== JSON.stringify(context)) throw refusal()
      return new Uint8Array(found.bytes)
    },
  } satisfies KeyService & Record<string, unknown>
  return service
}

const refusal = () => new EvergrantError(fail('key_service_failed', { kind: 'configure', message: 'No.' }))

function world(options: Partial<ServiceKey> = {}, sealsMax?: number) {
  const clock = virtualClock()
  const service = fakeService()
  const key: ServiceKey = { id: 'kms', service, clock, ...options }
  const ring = (): Keyring => keyring({ current: key, ...(sealsMax !== undefined && { sealsMax }) })
  return { clock, service, key, ring, pass: (ms: number) => clock.advance(ms) }
}

describe('a key that stays at a service', () => {
  it('wraps one working key for each process, which is made once and unwrapped once', async () => {
    const { service, ring } = world()
    const [writer, reader] = [ring(), ring()]
    const envelopes = await Promise.all(['a', 'b', 'c'].map(text => writer.seal(text, KEY)))
    expect([service.generated, service.unwrapped]).toEqual([1, 0])
    expect(envelopes[0]).toMatch(/^evs1\.kms\.wrapped:1\.\./)
    const texts = await Promise.all(envelopes.map(envelope => reader.open(envelope, KEY)))
    expect([texts, service.unwrapped]).toEqual([['a', 'b', 'c'], 1])
    await writer.open(envelopes[0] ?? '', KEY)
    expect(service.unwrapped).toBe(1)
  })

  it('binds working keys to its id and to the context that it is given', async () => {
    const { service, key, ring } = world({ context: { tenant: 'a' } })
    const envelope = await ring().seal('x', KEY)
    expect([...service.contexts]).toEqual(['{"tenant":"a","evergrant:key":"kms"}'])
    const other = keyring({ current: { ...key, context: { tenant: 'b' } } })
    expect(await failureOf(other.open(envelope, KEY))).toMatchObject({ code: 'key_service_failed' })
  })

  it('is asked for another working key when one has grown old, or has sealed enough', async () => {
    const aged = world({ rotateAfterMs: HOUR_MS })
    const ring = aged.ring()
    await ring.seal('x', KEY)
    await aged.pass(HOUR_MS - 1)
    await ring.seal('x', KEY)
    expect(aged.service.generated).toBe(1)
    await aged.pass(1)
    await ring.seal('x', KEY)
    expect(aged.service.generated).toBe(2)

    const used = world({}, 2)
    const busy = used.ring()
    const envelopes = await Promise.all(Array.from({ length: 7 }, () => busy.seal('x', KEY)))
    const counts = new Map<string, number>()
    for (const envelope of envelopes) {
      const material = envelope.split('.')[2] ?? ''
      counts.set(material, (counts.get(material) ?? 0) + 1)
    }
    expect([...counts.values()].sort()).toEqual([1, 2, 2, 2])
  })

  it('is asked again after a while, and obeyed when it refuses then', async () => {
    const { service, ring, pass } = world()
    const envelope = await ring().seal('x', KEY)
    const reader = ring()
    await reader.open(envelope, KEY)
    await pass(HOUR_MS)
    await reader.open(envelope, KEY)
    expect(service.unwrapped).toBe(2)
    await pass(HOUR_MS)
    service.fault = refusal()
    expect(await failureOf(reader.open(envelope, KEY))).toMatchObject({ kind: 'configure' })
    service.fault = new Error('down')
    await pass(2_000)
    expect(await failureOf(reader.open(envelope, KEY))).toMatchObject({ kind: 'retry' })
  })
})

describe('while the key service is out of reach', () => {
  it('keys that were unwrapped go on serving, for a day', async () => {
    const { service, ring, pass } = world()
    const process = ring()
    const envelope = await process.seal('x', KEY)
    service.fault = new Error('connect ECONNREFUSED secret-host')
    for (let hours = 1; hours < 24; hours++) {
      await pass(HOUR_MS)
      expect(await process.open(envelope, KEY)).toBe('x')
    }
    await pass(HOUR_MS)
    const failure = await failureOf(process.open(envelope, KEY))
    expect(failure).toMatchObject({ kind: 'retry', code: 'key_service_failed' })
    expect(failure.message).not.toContain('secret-host')
  })

  it('sealing goes on with the last working key, for as long again as opening does', async () => {
    const { service, ring, pass } = world({ rotateAfterMs: HOUR_MS, keepForMs: 2 * HOUR_MS })
    const process = ring()
    await process.seal('x', KEY)
    service.fault = new Error('down')
    await pass(2 * HOUR_MS)
    expect(await process.seal('y', KEY)).toContain('.wrapped:1.')
    await pass(HOUR_MS)
    expect(await failureOf(process.seal('z', KEY))).toMatchObject({ kind: 'retry' })
    service.fault = undefined
    await pass(1_000)
    expect(await process.seal('z', KEY)).toContain('.wrapped:2.')
  })

  it('what was not unwrapped fails with a type, and the service is not asked more than once a second', async () => {
    const { service, ring, pass } = world()
    const envelope = await ring().seal('x', KEY)
    const store = memoryStore()
    await store.write(KEY, { value: envelope, expected: undefined })
    const reader = sealed(store, ring())
    let asked = 0
    const { unwrap } = service
    service.unwrap = async (...args) => {
      asked += 1
      return unwrap(...args)
    }
    service.fault = new Error('down')
    for (let i = 0; i < 5; i++) {
      expect(await failureOf(reader.read(KEY))).toMatchObject({ kind: 'retry', code: 'key_service_failed' })
    }
    expect(asked).toBe(1)
    service.fault = undefined
    await pass(1_000)
    expect((await reader.read(KEY))?.value).toBe('x')
  })
})

describe('a key service that is none', () => {
  it.each<[string, Partial<DataKey>]>([
    ['a key of 16 bytes', { plaintext: new Uint8Array(16) }],
    ['a wrapped key with a dot in it', { wrapped: 'a.b' }],
    ['a wrapped key that is empty', { wrapped: '' }],
    ['a wrapped key with a line break', { wrapped: 'a\n' }],
  ])('is distrusted when it gives %s', async (_, odd) => {
    const { service, ring } = world()
    const { generate } = service
    service.generate = async context => ({ ...(await generate(context)), ...odd })
    expect(await failureOf(ring().seal('x', KEY))).toMatchObject({
      kind: 'distrust',
      code: 'key_service_failed',
    })
  })
})

describe('a keyring', () => {
  it('reads a key late, and again when there was none', async () => {
    let text: string | undefined
    const late = {
      async read() {
        if (text === undefined) throw new EvergrantError(fail('secret_unavailable'))
        return text
      },
    }
    const ring = keyring({ current: { id: 'late', key: late } })
    expect(await failureOf(ring.seal('x', KEY))).toMatchObject({ code: 'secret_unavailable' })
    text = 'too short'
    expect(await failureOf(ring.seal('x', KEY))).toMatchObject({ code: 'key_unusable' })
    text = `${rawKey('late').key}\n`
    expect(await ring.open(await ring.seal('x', KEY), KEY)).toBe('x')
    text = undefined
    expect(await ring.open(await ring.seal('x', KEY), KEY)).toBe('x')
  })

  it('takes bytes, base64 and base64url for the same key, and leaves the bytes as they are', async () => {
    const bytes = new Uint8Array(32).fill(0xfb)
    const base64 = Buffer.from(bytes).toString('base64')
    const keys = [bytes, base64, Buffer.from(bytes).toString('base64url')]
    const envelope = await keyring({ current: { id: 'k', key: base64 } }).seal('x', KEY)
    for (const key of keys) expect(await keyring({ current: { id: 'k', key } }).open(envelope, KEY)).toBe('x')
    expect(bytes[0]).toBe(0xfb)
  })

  it('takes another working key after so many seals, and opens what all of them have sealed', async () => {
    const ring = keyring({ current: rawKey('one'), sealsMax: 2 })
    const envelopes = await Promise.all(Array.from({ length: 5 }, () => ring.seal('x', KEY)))
    const salts = envelopes.map(envelope => envelope.split('.')[2])
    expect(new Set(salts).size).toBe(3)
    for (const envelope of envelopes) {
      expect(await keyring({ current: rawKey('one') }).open(envelope, KEY)).toBe('x')
    }
  })

  it('keeps apart what it seals with the same key for two ids', async () => {
    const { key } = rawKey('one')
    const envelope = await keyring({ current: { id: 'a', key } }).seal('x', KEY)
    const renamed = envelope.replace('evs1.a.', 'evs1.b.')
    const ring = keyring({ current: { id: 'b', key } })
    expect(await failureOf(ring.open(renamed, KEY))).toMatchObject({ code: 'seal_broken' })
  })

  it.each([
    ['an id with a dot', () => keyring({ current: { ...rawKey('a.b') } })],
    ['two keys of one id', () => keyring({ current: rawKey('a'), older: [rawKey('a')] })],
    ['a bound that no key may have', () => keyring({ current: rawKey('a'), sealsMax: 2 ** 33 })],
    ['spans that contradict each other', () => world({ freshForMs: DAY_MS, keepForMs: HOUR_MS }).ring()],
    ['a span that is none', () => world({ rotateAfterMs: Number.NaN }).ring()],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow('Invalid option')
  })

  it('refuses what is no key at once when it is given in place', () => {
    expect(() => keyring({ current: { id: 'a', key: 'hunter2' } })).toThrow(
      'The key "a" is not one of 32 bytes',
    )
    expect(() => keyring({ current: { id: 'a', key: 'hunter2' } })).not.toThrow('hunter2')
  })
})
