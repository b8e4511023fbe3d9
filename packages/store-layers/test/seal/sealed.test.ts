import { inspect } from 'node:util'
import { EvergrantError, type Store, type Version } from '@evergrant/core'
import { memoryStore } from '@evergrant/store-memory'
import { describe, expect, it } from 'vitest'
import { keyring, sealed, sealedUnder } from '../../src/index.ts'
import { mute } from '../support/handles.ts'
import { failureOf, rawKey } from '../support/keys.ts'

const KEY = 'evergrant:1:sealed'
const OTHER = 'evergrant:1:other'
const create = (value: string) => ({ value, expected: undefined })
const ONE = rawKey('one')
const TWO = rawKey('two')

/** Puts a value under a key, whatever is there. */
async function plant(store: Store, key: string, value: string): Promise<Version> {
  const result = await store.write(key, { value, expected: (await store.read(key))?.version })
  if (!result.written) throw new Error('somebody else has written')
  return result.version
}

async function rawValue(store: Store, key: string): Promise<string> {
  return (await store.read(key))?.value ?? ''
}

describe('a sealed store', () => {
  it('keeps nothing in clear, and no two seals of one text are alike', async () => {
    const inner = memoryStore()
    const store = sealed(inner, keyring({ current: ONE }))
    await store.write(KEY, create('a token'))
    await store.write(OTHER, create('a token'))
    const values = [await rawValue(inner, KEY), await rawValue(inner, OTHER)]
    for (const value of values) {
      expect(value).toMatch(/^evs1\.one\./)
      expect(value).not.toContain('token')
      expect(Buffer.from(value.split('.').at(-1) ?? '', 'base64url').toString('latin1')).not.toContain(
        'token',
      )
      expect(sealedUnder(value)).toBe('one')
    }
    expect(values[0]?.split('.').at(-1)).not.toBe(values[1]?.split('.').at(-1))
    expect((await store.read(KEY))?.value).toBe('a token')
  })

  it('opens no record that was copied from another key', async () => {
    const inner = memoryStore()
    const store = sealed(inner, keyring({ current: ONE }))
    await store.write(KEY, create('of one tenant'))
    await plant(inner, OTHER, await rawValue(inner, KEY))
    expect(await failureOf(store.read(OTHER))).toMatchObject({ kind: 'distrust', code: 'seal_broken' })
  })

  it('reads what older keys have sealed and writes under the current one', async () => {
    const inner = memoryStore()
    await sealed(inner, keyring({ current: ONE })).write(KEY, create('old'))
    const store = sealed(inner, keyring({ current: TWO, older: [ONE] }))
    const entry = await store.read(KEY)
    expect(entry?.value).toBe('old')
    await store.write(KEY, { value: 'new', expected: entry?.version })
    expect(sealedUnder(await rawValue(inner, KEY))).toBe('two')
  })

  it('names the key that is missing, and writes over nothing that it cannot open', async () => {
    const inner = memoryStore()
    const { version } = (await sealed(inner, keyring({ current: ONE })).write(KEY, create('precious'))) as {
      version: Version
    }
    const before = await rawValue(inner, KEY)
    const store = sealed(inner, keyring({ current: TWO }))
    for (const operation of [store.read(KEY), store.write(KEY, create('worthless'))]) {
      const failure = await failureOf(operation)
      expect(failure).toMatchObject({ kind: 'configure', code: 'seal_key_missing' })
      expect(failure.message).toContain('"one"')
    }
    expect(await inner.read(KEY)).toMatchObject({ value: before, version })
  })

  it('does not open under another key of the same name, and says that this may be the reason', async () => {
    const inner = memoryStore()
    await sealed(inner, keyring({ current: ONE })).write(KEY, create('x'))
    const store = sealed(inner, keyring({ current: { id: 'one', key: TWO.key } }))
    const failure = await failureOf(store.read(KEY))
    expect([failure.code, failure.message]).toEqual([
      'seal_broken',
      expect.stringContaining('key is another'),
    ])
  })

  it('leaves records of a later format alone', async () => {
    const inner = memoryStore()
    await plant(inner, KEY, 'evs2.whatever')
    expect(await failureOf(sealed(inner, keyring({ current: ONE })).read(KEY))).toMatchObject({
      code: 'record_newer',
    })
  })

  it('refuses records in clear, or reads them where that is asked for and seals them with the next write', async () => {
    const inner = memoryStore()
    const version = await plant(inner, KEY, '{"format":1}')
    const ring = keyring({ current: ONE })
    const strict = sealed(inner, ring)
    expect(await failureOf(strict.read(KEY))).toMatchObject({ kind: 'configure', code: 'record_not_sealed' })
    expect(await failureOf(strict.write(KEY, create('x')))).toMatchObject({ code: 'record_not_sealed' })
    const lenient = sealed(inner, ring, { plain: 'read' })
    expect(await lenient.read(KEY)).toMatchObject({ value: '{"format":1}', version })
    await lenient.write(KEY, { value: 'sealed now', expected: version })
    expect((await strict.read(KEY))?.value).toBe('sealed now')
  })

  it('deletes without sealing, and keeps how long a record is worth keeping', async () => {
    const inner = memoryStore()
    const store = sealed(inner, keyring({ current: ONE }))
    const written = await store.write(KEY, { value: 'x', expected: undefined, retainUntil: 36 ** 8 })
    expect((await rawValue(inner, KEY)).split('.')[3]).toBe('100000000')
    if (!written.written) throw new Error('not written')
    expect(await store.write(KEY, { value: undefined, expected: written.version })).toMatchObject({
      written: true,
    })
    expect(await inner.read(KEY)).toBeUndefined()
  })

  it('is what the store behind it is, and can what that can', async () => {
    const store = memoryStore()
    const ring = keyring({ current: ONE })
    expect(sealed(store, ring).traits).toEqual(store.traits)
    expect(sealed(mute(store), ring).subscribe).toBeUndefined()
    await sealed(store, ring).close?.()
    expect(await failureOf(store.read(KEY))).toMatchObject({ code: 'closed' })
  })

  it('takes any text but half a character', async () => {
    const inner = memoryStore()
    const store = sealed(inner, keyring({ current: ONE }))
    await expect(store.write(KEY, create('\ud800'))).rejects.toThrow(RangeError)
    expect(await inner.read(KEY)).toBeUndefined()
    const text = '\ufeff\u0000🔑\u2028'
    await store.write(KEY, create(text))
    expect((await store.read(KEY))?.value).toBe(text)
  })

  it('prints neither keys nor what it has sealed, not in its errors either', async () => {
    const inner = memoryStore()
    const ring = keyring({ current: ONE })
    const store = sealed(inner, ring)
    await store.write(KEY, create('a-s3cret-token'))
    await plant(inner, OTHER, await rawValue(inner, KEY))
    const error = await store.read(OTHER).catch((thrown: unknown) => thrown)
    expect(EvergrantError.is(error)).toBe(true)
    const printed =
      inspect([ring, store, error], { depth: 9, showHidden: true }) + JSON.stringify([ring, error])
    expect(printed).not.toContain('s3cret')
    expect(printed).not.toContain(ONE.key)
  })
})
