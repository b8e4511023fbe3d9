import {
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderOf } from '../src/folder-names.ts'
import { decodeRecordFile, encodeRecordFile, VALUE_BYTES_MAX } from '../src/record-file.ts'
import { found, openStore, put } from './support/open-store.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:damage'

/** A store with one record, the folder of its key, and the one data file in it. */
async function withRecord(value = 'sound') {
  const directory = await temporaryDirectory()
  const store = openStore(directory)
  const version = await put(store, KEY, value)
  const folder = join(directory, 'records', folderOf(KEY))
  const [data = '', head = ''] = (await readdir(folder)).sort()
  return { directory, store, version, folder, data: join(folder, data), head: join(folder, head) }
}

describe('a damaged record', () => {
  it.each([
    ['was cut', async (file: string) => truncate(file, 150)],
    ['was emptied', async (file: string) => truncate(file, 0)],
    [
      'has lost its last byte',
      async (file: string) => writeFile(file, (await readFile(file)).subarray(0, -1)),
    ],
    [
      'has one bit turned',
      async (file: string) => {
        const bytes = await readFile(file)
        bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1
        await writeFile(file, bytes)
      },
    ],
    [
      'was overwritten with zeros, as by a disk that lost power',
      async (file: string) => writeFile(file, Buffer.alloc((await readFile(file)).length)),
    ],
    [
      'was written by something else',
      async (file: string) => writeFile(file, '{"access_token":"foreign"}\n'),
    ],
    ['is larger than any record', async (file: string) => truncate(file, 3 * VALUE_BYTES_MAX)],
    ['is gone', async (file: string) => rm(file)],
  ])('that %s is no record, and is replaced by the next', async (_, damage) => {
    const { store, version, data, folder } = await withRecord()
    await damage(data)
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.write(KEY, { value: 'x', expected: version })).toEqual({
      written: false,
      entry: undefined,
    })
    const next = await put(store, KEY, 'whole')
    expect(await found(store, KEY)).toMatchObject({ value: 'whole', version: next })
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('can be deleted', async () => {
    const { store, data } = await withRecord()
    await writeFile(data, 'garbage')
    await put(store, KEY, undefined)
    await put(store, KEY, 'again')
    expect((await found(store, KEY)).value).toBe('again')
  })

  it('does not become an older one: what was replaced stays replaced', async () => {
    const { store, data, folder } = await withRecord('spent')
    const old = await readFile(data)
    await put(store, KEY, 'current')
    const current = (await readdir(folder)).find(name => name.startsWith('data.')) ?? ''
    await writeFile(join(folder, current), old)
    expect(await store.read(KEY)).toBeUndefined()
  })

  it("is never another key's", async () => {
    const { store, directory, data } = await withRecord('mine')
    const other = 'evergrant:1:other'
    await put(store, other, 'of another tenant')
    const folder = join(directory, 'records', folderOf(other))
    const [file = ''] = (await readdir(folder)).sort()
    await writeFile(data, await readFile(join(folder, file)))
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('is found out at whichever byte it was cut or changed', () => {
    const stamp = { storedAt: 1, wallAt: 1, monotonicAt: 1, boot: 'b' }
    const whole = encodeRecordFile({ key: 'k', version: 'v', value: 'écoute', stamp })
    expect(decodeRecordFile(whole)).toMatchObject({ kind: 'record', record: { value: 'écoute', stamp } })
    for (let at = 0; at < whole.length; at++) {
      expect(decodeRecordFile(whole.subarray(0, at)).kind).toBe('damaged')
      const changed = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 0x04 : byte))
      expect([at, decodeRecordFile(changed).kind]).not.toEqual([at, 'record'])
    }
  })
})

describe('a folder that somebody has meddled with', () => {
  it('with two heads has no record, and is made anew', async () => {
    const { store, folder } = await withRecord()
    await writeFile(join(folder, `head.${'0'.repeat(31)}1`), '')
    expect(await store.read(KEY)).toBeUndefined()
    await put(store, KEY, 'whole')
    expect((await found(store, KEY)).value).toBe('whole')
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('without a head has no record, and is made anew, whatever lies in it', async () => {
    const { store, folder, head } = await withRecord()
    await rm(head)
    await writeFile(join(folder, '.DS_Store'), 'of a file manager')
    expect(await store.read(KEY)).toBeUndefined()
    await put(store, KEY, 'whole')
    expect((await found(store, KEY)).value).toBe('whole')
  })

  it('keeps its record when something foreign lies beside it', async () => {
    const { store, folder } = await withRecord()
    await writeFile(join(folder, 'notes.txt'), 'foreign')
    await writeFile(join(folder, 'head.txt'), 'foreign')
    await mkdir(join(folder, 'data'))
    expect((await found(store, KEY)).value).toBe('sound')
    await put(store, KEY, 'next')
    expect((await found(store, KEY)).value).toBe('next')
  })

  it('that cannot be emptied is complained about, not waited for', async () => {
    const { store, folder, head } = await withRecord()
    await rm(head)
    await mkdir(join(folder, 'foreign'))
    const writing = store.write(KEY, { value: 'x', expected: undefined })
    await expect(writing).rejects.toMatchObject({ code: 'store_unreachable' })
    await expect(writing).rejects.toThrow(folder)
  })
})

describe('a record of a later format', () => {
  it('is neither read nor replaced nor deleted', async () => {
    const { store, version, data } = await withRecord()
    const later = (await readFile(data, 'utf8')).replace('evergrant-file-store 1', 'evergrant-file-store 2')
    await writeFile(data, later)
    await expect(store.read(KEY)).rejects.toMatchObject({ kind: 'configure', code: 'record_newer' })
    for (const value of ['x', undefined]) {
      for (const expected of [version, undefined]) {
        await expect(store.write(KEY, { value, expected })).rejects.toMatchObject({ code: 'record_newer' })
      }
    }
    expect(await readFile(data, 'utf8')).toBe(later)
  })
})

describe('a symbolic link inside the directory', () => {
  it('in the place of a record is not followed', async () => {
    const { store, data } = await withRecord()
    const elsewhere = `${data}.elsewhere`
    await rename(data, elsewhere)
    await symlink(elsewhere, data)
    await expect(store.read(KEY)).rejects.toMatchObject({ kind: 'configure', code: 'store_unreachable' })
    await expect(store.read(KEY)).rejects.toThrow('symbolic link')
  })

  it("in the place of a key's folder is not followed", async () => {
    const { store, folder, version } = await withRecord()
    const elsewhere = `${folder}-elsewhere`
    await rename(folder, elsewhere)
    await symlink(elsewhere, folder)
    const before = await readdir(elsewhere)
    await expect(store.read(KEY)).rejects.toMatchObject({ kind: 'configure', code: 'store_unreachable' })
    await expect(store.write(KEY, { value: 'x', expected: version })).rejects.toThrow(folder)
    expect(await readdir(elsewhere)).toEqual(before)
  })

  it.each(['records', 'drafts'])('in the place of %s is refused', async name => {
    const { directory } = await withRecord()
    const elsewhere = join(directory, '..', 'elsewhere')
    await mkdir(elsewhere, { mode: 0o700 })
    await rm(join(directory, name), { recursive: true })
    await symlink(elsewhere, join(directory, name))
    await expect(openStore(directory).read(KEY)).rejects.toMatchObject({ kind: 'configure' })
    expect(await readdir(elsewhere)).toEqual([])
  })

  it('in the place of the mark of tidying up is not followed', async () => {
    const { directory } = await withRecord()
    const victim = join(directory, '..', 'victim')
    await writeFile(victim, 'precious')
    const { mtimeMs } = await lstat(victim)
    const mark = join(directory, 'swept')
    await rm(mark)
    await symlink(victim, mark)
    await lutimes(mark, 0, 0)
    const store = openStore(directory)
    await put(store, KEY, 'next')
    await store.close?.()
    expect((await lstat(mark)).mtimeMs).toBeGreaterThan(0)
    expect([await readFile(victim, 'utf8'), (await lstat(victim)).mtimeMs]).toEqual(['precious', mtimeMs])
  })
})

describe('values and keys', () => {
  it('that are no valid Unicode are kept as they are', async () => {
    const store = openStore(await temporaryDirectory())
    const values = new Map([
      ['\ud800', 'half a pair: \udc00'],
      ['\ud801', '\ud83d'],
      ['\ufffd', '\ufeffwith a byte order mark'],
    ])
    for (const [key, value] of values) await put(store, key, value)
    for (const [key, value] of values) expect((await found(store, key)).value).toBe(value)
  })

  it('may be large, up to a bound beyond which nothing changes', async () => {
    const store = openStore(await temporaryDirectory())
    await put(store, 'k'.repeat(100_000), 'x'.repeat(VALUE_BYTES_MAX))
    expect((await found(store, 'k'.repeat(100_000))).value).toHaveLength(VALUE_BYTES_MAX)
    const { version } = await found(store, 'k'.repeat(100_000))
    const larger = store.write('k'.repeat(100_000), {
      value: 'x'.repeat(VALUE_BYTES_MAX + 1),
      expected: version,
    })
    await expect(larger).rejects.toThrow(RangeError)
    expect((await found(store, 'k'.repeat(100_000))).version).toBe(version)
  })
})
