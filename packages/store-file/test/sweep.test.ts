import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dataName, folderOf, headName, NOTHING, newVersion } from '../src/folder-names.ts'
import { errno, hookedDisk } from './support/hooked-disk.ts'
import { found, movableClock, openStore, put } from './support/open-store.ts'
import { quickDisk } from './support/quick-disk.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:sweep'
const HOUR_MS = 3_600_000
const TWO_HOURS_AGO = new Date(Date.now() - 2 * HOUR_MS)

/** Opens a store for which it is an hour and a half later, lets it tidy up, and closes it. */
async function sweep(directory: string): Promise<void> {
  const clock = movableClock()
  clock.wallOffsetMs = 1.5 * HOUR_MS
  const store = openStore(directory, { clock })
  await store.read('evergrant:1:passing by')
  await store.close?.()
}

function keysIn(directory: string): Promise<string[]> {
  return readdir(join(directory, 'records'))
}

async function age(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await utimes(path, TWO_HOURS_AGO, TWO_HOURS_AGO)
}

describe('tidying up', () => {
  it('removes records that are not worth keeping any more, and no others', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    await put(store, 'soon', 'x', Date.now() + HOUR_MS)
    await put(store, 'late', 'x', Date.now() + 2 * HOUR_MS)
    await put(store, 'ever', 'x')
    await sweep(directory)
    expect((await keysIn(directory)).sort()).toEqual([folderOf('late'), folderOf('ever')].sort())
    expect((await found(store, 'late')).value).toBe('x')
  })

  it('removes what a dead writer has left, once its version can never become current', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    const first = await put(store, KEY, 'first')
    const folder = join(directory, 'records', folderOf(KEY))
    const left = dataName(newVersion(), first)
    await writeFile(join(folder, left), 'half a record')
    await age(join(folder, left))

    // Its writer may only have been stopped, and may go on while `first` is the current version.
    await sweep(directory)
    expect(await readdir(folder)).toContain(left)

    await put(store, KEY, 'second')
    await age(join(directory, 'swept'))
    await sweep(directory)
    expect(await readdir(folder)).not.toContain(left)
    expect((await found(store, KEY)).value).toBe('second')
  })

  it('leaves alone what was written within the hour', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    await put(store, KEY, 'x')
    const folder = join(directory, 'records', folderOf(KEY))
    const young = dataName(newVersion(), newVersion())
    await writeFile(join(folder, young), '')
    await age(join(directory, 'swept'))
    const other = openStore(directory)
    await other.read(KEY)
    await other.close?.()
    expect(await readdir(folder)).toContain(young)
  })

  it('removes folders without a head, and drafts that were never moved to their place', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    await put(store, KEY, 'x')
    const dead = join(directory, 'records', folderOf('dead'))
    const version = newVersion()
    const draft = join(directory, 'drafts', version)
    for (const folder of [dead, draft]) {
      await mkdir(folder, { mode: 0o700 })
      await writeFile(join(folder, dataName(version, NOTHING)), '')
    }
    await writeFile(join(draft, headName(version)), '')
    await age(dead, draft)
    await sweep(directory)
    expect(await keysIn(directory)).toEqual([folderOf(KEY)])
    expect(await readdir(join(directory, 'drafts'))).toEqual([])
  })

  it('does not touch records of a later format, nor what is not its own', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    await put(store, KEY, 'x', Date.now() + HOUR_MS)
    const folder = join(directory, 'records', folderOf(KEY))
    const [data = ''] = (await readdir(folder)).sort()
    const file = join(folder, data)
    await writeFile(file, (await readFile(file, 'utf8')).replace('store 1', 'store 2'))
    await writeFile(join(directory, 'records', 'README'), 'foreign')
    await sweep(directory)
    expect((await keysIn(directory)).sort()).toEqual([folderOf(KEY), 'README'].sort())
  })

  it('is done by one process an hour, however many there are', async () => {
    const directory = await temporaryDirectory()
    await put(openStore(directory), KEY, 'x')
    let lists = 0
    const disk = hookedDisk(quickDisk, (call, run, [path]) => {
      if (call === 'list' && String(path).endsWith('drafts')) lists += 1
      return run()
    })
    const clock = movableClock()
    for (let hour = 1; hour <= 3; hour++) {
      clock.wallOffsetMs += 1.1 * HOUR_MS
      for (let process = 0; process < 4; process++) {
        const store = openStore(directory, { disk, clock })
        for (let reads = 0; reads < 3; reads++) await store.read(KEY)
        await store.close?.()
      }
    }
    expect(lists).toBe(3)
  })

  it('is done again by a process that lives on', async () => {
    const directory = await temporaryDirectory()
    await put(openStore(directory), KEY, 'x', Date.now() + HOUR_MS)
    const clock = movableClock()
    const store = openStore(directory, { clock })
    await store.read('evergrant:1:passing by')
    clock.wallOffsetMs += 1.5 * HOUR_MS
    clock.monotonicOffsetMs += 1.5 * HOUR_MS
    // What it did when it was opened may still be under way; it is begun with one of the next operations then.
    for (let reads = 0; reads < 100 && (await keysIn(directory)).length > 0; reads++) {
      await store.read('evergrant:1:passing by')
    }
    await store.close?.()
    expect(await keysIn(directory)).toEqual([])
  })

  it('looks at a bounded number of keys, and removes more than comes', async () => {
    const directory = await temporaryDirectory()
    const writer = openStore(directory)
    for (let i = 0; i < 100; i++) await put(writer, `old ${i}`, 'x', Date.now() + HOUR_MS)
    await writer.close?.()
    await sweep(directory)
    expect((await keysIn(directory)).length).toBe(100 - 64)

    // No hour passes now: only what is new brings somebody to look at the rest.
    const clock = movableClock()
    clock.wallOffsetMs = 1.6 * HOUR_MS
    const store = openStore(directory, { clock })
    for (let i = 0; i < 20; i++) await put(store, `new ${i}`, 'x')
    await store.close?.()
    expect(await keysIn(directory)).toHaveLength(20)
  })

  it('does no harm when the disk refuses', async () => {
    const directory = await temporaryDirectory()
    await put(openStore(directory), KEY, 'x', Date.now() + HOUR_MS)
    await rm(join(directory, 'swept'), { force: true })
    for (const refused of ['rename', 'unlink', 'touch'] as const) {
      const disk = hookedDisk(quickDisk, (call, run) =>
        call === refused ? Promise.reject(errno('EIO')) : run(),
      )
      const clock = movableClock()
      clock.wallOffsetMs = 1.5 * HOUR_MS
      const store = openStore(directory, { disk, clock })
      expect(await store.read(KEY)).toBeUndefined()
      await store.close?.()
    }
    await put(openStore(directory), KEY, 'y')
  })

  it('has come to its end when the store is closed', async () => {
    const directory = await temporaryDirectory()
    for (let i = 0; i < 10; i++) await put(openStore(directory), `old ${i}`, 'x', Date.now() + HOUR_MS)
    let calls = 0
    const disk = hookedDisk(quickDisk, (_, run) => {
      calls += 1
      return run()
    })
    const clock = movableClock()
    clock.wallOffsetMs = 1.5 * HOUR_MS
    const store = openStore(directory, { disk, clock })
    await store.read(KEY)
    await store.close?.()
    const callsAtClose = calls
    for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
    expect(calls).toBe(callsAtClose)
  })
})
