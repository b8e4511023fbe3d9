import { describe, expect, it } from 'vitest'
import { folderOf } from '../src/folder-names.ts'
import { hookedDisk } from './support/hooked-disk.ts'
import { found, openStore, put } from './support/open-store.ts'
import { quickDisk } from './support/quick-disk.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:durability'

/** A disk that notes what is done to it, in order: `sync data`, `rename head`. */
function notingDisk() {
  const notes: string[] = []
  const open = new Map<unknown, string>()
  const nameOf = (path: unknown) => {
    const last = String(path).split('/').at(-1) ?? ''
    return /^(head|data)\./.exec(last)?.[1] ?? (last === folderOf(KEY) ? 'folder' : last)
  }
  const disk = hookedDisk(quickDisk, async (call, run, [first]) => {
    const result = await run()
    if (call === 'open') open.set(result, nameOf(first))
    if (call === 'sync') notes.push(`sync ${open.get(first)}`)
    if (['rename', 'unlink'].includes(call)) notes.push(`${call} ${nameOf(first)}`)
    return result
  })
  return { notes, disk }
}

describe('a write is on the disk before it is answered, and whole before it can be seen:', () => {
  it('one that replaces', async () => {
    const { notes, disk } = notingDisk()
    const store = openStore(await temporaryDirectory(), { disk })
    await put(store, KEY, 'one')
    const { version } = await found(store, KEY)
    notes.length = 0
    await store.write(KEY, { value: 'two', expected: version })
    // What it replaces is given up only when nothing can bring it back.
    expect(notes).toEqual(['sync data', 'rename head', 'sync folder', 'unlink data'])
  })

  it('one that creates', async () => {
    const { notes, disk } = notingDisk()
    const store = openStore(await temporaryDirectory(), { disk })
    await store.read(KEY)
    notes.length = 0
    await store.write(KEY, { value: 'one', expected: undefined })
    const draft = expect.stringMatching(/^[0-9a-f]{32}$/)
    const [data, folder, moved, records] = notes
    expect(data).toBe('sync data')
    expect([folder?.split(' '), moved?.split(' ')]).toEqual([
      ['sync', draft],
      ['rename', draft],
    ])
    expect(records).toBe('sync records')
  })

  it('one that deletes', async () => {
    const { notes, disk } = notingDisk()
    const store = openStore(await temporaryDirectory(), { disk })
    await put(store, KEY, 'one')
    const { version } = await found(store, KEY)
    notes.length = 0
    await store.write(KEY, { value: undefined, expected: version })
    // A deleted token must not be back after a loss of power.
    expect(notes.slice(0, 2)).toEqual(['unlink head', 'sync folder'])
  })

  it('and so is a directory that had to be made', async () => {
    const { notes, disk } = notingDisk()
    const directory = await temporaryDirectory()
    await openStore(`${directory}/a/b`, { disk }).read(KEY)
    expect(notes).toEqual(['sync b', 'sync a', 'sync store', expect.stringMatching(/^sync evergrant-/)])
    notes.length = 0
    await openStore(`${directory}/a/b`, { disk }).read(KEY)
    expect(notes).toEqual([])
  })
})
