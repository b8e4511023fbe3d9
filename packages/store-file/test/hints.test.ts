import { rm } from 'node:fs/promises'
import type { Store } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { changeWatch, type WatchFolder, watchFolder } from '../src/change-watch.ts'
import { isKeyFolder } from '../src/folder-names.ts'
import { errno } from './support/hooked-disk.ts'
import { openStore, put } from './support/open-store.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:hints'

/** A subscriber that can be waited for. */
function listener() {
  let hints = 0
  let heard: () => void = () => undefined
  return {
    hear() {
      hints += 1
      heard()
    },
    get hints() {
      return hints
    },
    async heardMoreThan(count: number): Promise<void> {
      while (hints <= count) {
        await new Promise<void>(resolve => {
          heard = resolve
        })
      }
    },
  }
}

async function subscribe(store: Store, key: string, onChange: () => void): Promise<() => Promise<void>> {
  if (store.subscribe === undefined) throw new Error('the file store tells of changes')
  return store.subscribe(key, onChange)
}

/** Watches as the platform does, and counts; a test may make it fail or break. */
function countedWatch() {
  const counts = { started: 0, stopped: 0 }
  const watch: {
    readonly counts: typeof counts
    readonly folder: WatchFolder
    refused: string | undefined
    breakDown: () => void
  } = {
    counts,
    refused: undefined,
    breakDown: () => undefined,
    folder: (path, onEvent, onError) => {
      if (watch.refused !== undefined) throw errno(watch.refused)
      counts.started += 1
      const stop = watchFolder(path, onEvent, onError)
      watch.breakDown = onError
      return () => {
        counts.stopped += 1
        stop()
      }
    },
  }
  return watch
}

describe('hints', () => {
  it('come of one watch, however many keys, which ends with the last subscription', async () => {
    const watch = countedWatch()
    const store = openStore(await temporaryDirectory(), { watch: watch.folder })
    const ends = []
    for (let i = 0; i < 100; i++) ends.push(await subscribe(store, `key ${i}`, () => undefined))
    expect(watch.counts).toEqual({ started: 1, stopped: 0 })
    for (const end of ends) await end()
    expect(watch.counts).toEqual({ started: 1, stopped: 1 })
  })

  it('are for the key that has changed', async () => {
    const store = openStore(await temporaryDirectory())
    const [mine, other] = [listener(), listener()]
    await subscribe(store, KEY, mine.hear)
    await subscribe(store, 'another', other.hear)
    await put(store, KEY, 'x')
    await mine.heardMoreThan(0)
    await put(store, 'another', 'x')
    await other.heardMoreThan(0)
    expect([mine.hints, other.hints]).toEqual([1, 1])
    await store.close?.()
  })

  it('come again after the watch has broken, of which everybody is told at once', async () => {
    const watch = countedWatch()
    const store = openStore(await temporaryDirectory(), { watch: watch.folder })
    const [one, two] = [listener(), listener()]
    await subscribe(store, KEY, one.hear)
    await subscribe(store, 'another', two.hear)
    watch.breakDown()
    expect([one.hints, two.hints]).toEqual([1, 1])
    await put(store, KEY, 'x')
    await one.heardMoreThan(1)
    await store.close?.()
  })

  it('come again with the next operation after the watch could not be set up for a while', async () => {
    const watch = countedWatch()
    const store = openStore(await temporaryDirectory(), { watch: watch.folder })
    const { hear, heardMoreThan } = listener()
    await subscribe(store, KEY, hear)
    watch.refused = 'EMFILE'
    watch.breakDown()
    await put(store, KEY, 'unheard')
    watch.refused = undefined
    await store.read(KEY)
    await heardMoreThan(0)
    await put(store, KEY, 'heard')
    await heardMoreThan(1)
    await store.close?.()
  })

  it('come again after the directory was removed and made anew', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    const hints = listener()
    await subscribe(store, KEY, hints.hear)
    await rm(directory, { recursive: true })
    await put(openStore(directory), KEY, 'by another')
    // Whether the watch has noticed by now or not: after an operation it stands again.
    while (hints.hints === 0) {
      await store.read(KEY)
      await new Promise(resolve => setImmediate(resolve))
    }
    const before = hints.hints
    await put(openStore(directory), KEY, 'by another again')
    await hints.heardMoreThan(before)
    await store.close?.()
  })

  it.each([
    ['ENOSPC', 'the limit of watches'],
    ['EMFILE', 'the limit of watches'],
    ['EACCES', 'cannot watch'],
  ])('are refused, by the right name, when the platform cannot watch: %s', async (code, words) => {
    const watch = countedWatch()
    watch.refused = code
    const store = openStore(await temporaryDirectory(), { watch: watch.folder })
    const subscribing = subscribe(store, KEY, () => undefined)
    await expect(subscribing).rejects.toMatchObject({ code: 'store_unreachable', kind: 'retry' })
    await expect(subscribing).rejects.toThrow(words)
    await expect(subscribing).rejects.toThrow(code)
    // The rest works without.
    await put(store, KEY, 'x')
  })

  it('reach everybody, though one of those who hear them throws', async () => {
    const store = openStore(await temporaryDirectory())
    const { hear, heardMoreThan } = listener()
    await subscribe(store, KEY, () => {
      throw new Error('a guest who breaks things')
    })
    await subscribe(store, KEY, hear)
    await put(store, KEY, 'x')
    await heardMoreThan(0)
    await store.close?.()
  })

  it('end with the store', async () => {
    const watch = countedWatch()
    const store = openStore(await temporaryDirectory(), { watch: watch.folder })
    await subscribe(store, KEY, () => undefined)
    await store.close?.()
    expect(watch.counts).toEqual({ started: 1, stopped: 1 })
    await expect(subscribe(store, KEY, () => undefined)).rejects.toMatchObject({ code: 'closed' })
  })

  it('go to all when the platform does not say what has changed', () => {
    let say: (name: string | null) => void = () => undefined
    const changes = changeWatch((_, onEvent) => {
      say = onEvent
      return () => undefined
    }, isKeyFolder)
    const [one, two] = [listener(), listener()]
    changes.subscribe('folder', 'a'.repeat(64), one.hear)
    changes.subscribe('folder', 'b'.repeat(64), two.hear)
    say('a'.repeat(64))
    expect([one.hints, two.hints]).toEqual([1, 0])
    say(null)
    expect([one.hints, two.hints]).toEqual([2, 1])
  })
})
