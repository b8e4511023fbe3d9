import { EvergrantError } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { errno, hookedDisk } from './support/hooked-disk.ts'
import { openStore, put } from './support/open-store.ts'
import { quickDisk } from './support/quick-disk.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:trouble'

const DEEDS = [
  { deed: 'creates a key', before: undefined, value: 'new' },
  { deed: 'replaces a value', before: 'old', value: 'new' },
  { deed: 'deletes a key', before: 'old', value: undefined },
] as const

/** A disk on which the system calls of some numbers, counted from 1, go another way. */
function diskWhere(isOther: (number: number) => boolean, other: () => Promise<unknown>) {
  let calls = 0
  const running = new Set<Promise<unknown>>()
  const disk = hookedDisk(quickDisk, (_, run) => {
    if (isOther(++calls)) return other()
    const result = run()
    const done = result.catch(() => undefined).finally(() => running.delete(done))
    running.add(done)
    return result
  })
  /** Resolves when no call is under way any more. */
  const atRest = () => Promise.all(running)
  return { disk, calls: () => calls, atRest }
}

async function prepared(before: string | undefined): Promise<string> {
  const directory = await temporaryDirectory()
  const store = openStore(directory)
  await put(store, 'another', 'makes the directory')
  if (before !== undefined) await put(store, KEY, before)
  await store.close?.()
  return directory
}

/** How many system calls a deed takes, those of opening the store and of reading beforehand included. */
async function callsOf({ before, value }: (typeof DEEDS)[number]): Promise<number> {
  const { disk, calls } = diskWhere(
    () => false,
    async () => undefined,
  )
  const store = openStore(await prepared(before), { disk })
  await put(store, KEY, value)
  await store.close?.()
  return calls()
}

describe('a process that dies at any of its system calls', () => {
  it.each(DEEDS)('while it $deed leaves the old or the new, and others go on', async each => {
    const calls = await callsOf(each)
    const seen = new Set<string | undefined>()
    for (let number = 1; number <= calls; number++) {
      const directory = await prepared(each.before)
      let die: () => void = () => undefined
      const died = new Promise<void>(resolve => {
        die = resolve
      })
      const stop = () => {
        die()
        return new Promise(() => undefined)
      }
      const { disk, atRest } = diskWhere(call => call >= number, stop)
      put(openStore(directory, { disk }), KEY, each.value).then(die, die)
      await died
      await atRest()
      const store = openStore(directory)
      const value = (await store.read(KEY))?.value
      expect([number, [each.before, each.value].includes(value as 'old')]).toEqual([number, true])
      seen.add(value)
      await put(store, KEY, 'going on')
      expect((await store.read(KEY))?.value).toBe('going on')
    }
    expect(seen).toEqual(new Set([each.before, each.value]))
  })
})

describe('a disk that refuses any one system call', () => {
  const errnos = [
    'ENOSPC',
    'EDQUOT',
    'EACCES',
    'EPERM',
    'EROFS',
    'EMFILE',
    'ENFILE',
    'EIO',
    'EWEIRD',
  ] as const

  it.each(errnos)('with %s is reported by name, and nothing is lost', async code => {
    let [rejected, answered] = [0, 0]
    for (const each of DEEDS) {
      const calls = await callsOf(each)
      for (let number = 1; number <= calls; number += code === 'EIO' ? 1 : 4) {
        const directory = await prepared(each.before)
        let ill = true
        const { disk } = diskWhere(
          call => ill && call === number,
          () => Promise.reject(errno(code)),
        )
        const store = openStore(directory, { disk })
        const [read, write] = await attempt(store, each.value)
        ill = false
        const value = (await openStore(directory).read(KEY))?.value
        if (write === 'written') {
          answered += 1
          expect(value).toBe(each.value)
        } else {
          rejected += 1
          expect([each.before, each.value]).toContain(value)
          expect((write ?? read)?.message).toContain(`(${code})`)
        }
        // It was one call that failed, or none, if fewer were needed this time: the same handle goes on.
        await put(store, KEY, 'going on')
        await store.close?.()
      }
    }
    expect([rejected > 10, answered > 0]).toEqual([true, true])
  })

  async function attempt(store: ReturnType<typeof openStore>, value: string | undefined) {
    try {
      const expected = (await store.read(KEY))?.version
      try {
        const { written } = await store.write(KEY, { value, expected })
        return [undefined, written ? ('written' as const) : undefined] as const
      } catch (error) {
        return [undefined, refusal(error)] as const
      }
    } catch (error) {
      return [refusal(error), undefined] as const
    }
  }

  function refusal(error: unknown): EvergrantError {
    if (!EvergrantError.is(error)) throw error
    expect(error.code).toBe('store_unreachable')
    return error
  }

  it.each([
    ['EACCES', 'configure', 'check who owns the directory'],
    ['EROFS', 'configure', 'read-only'],
    ['ENOSPC', 'retry', 'no space is left'],
    ['EMFILE', 'retry', 'too many open files'],
  ])('says of %s what a person can do about it', async (code, kind, words) => {
    const disk = hookedDisk(quickDisk, (call, run) => (call === 'list' ? Promise.reject(errno(code)) : run()))
    const directory = await temporaryDirectory()
    const reading = openStore(directory, { disk }).read(KEY)
    await expect(reading).rejects.toMatchObject({ kind, code: 'store_unreachable' })
    await expect(reading).rejects.toThrow(words)
    await expect(reading).rejects.toThrow(directory)
  })

  it('never quotes a value', async () => {
    const directory = await temporaryDirectory()
    const disk = hookedDisk(quickDisk, (call, run) =>
      call === 'write' ? Promise.reject(errno('EIO')) : run(),
    )
    const error = await openStore(directory, { disk })
      .write(KEY, { value: 'a secret', expected: undefined })
      .catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(Error)
    const { message, stack, cause } = error as Error
    expect([message, stack, String(cause)].join()).not.toContain('a secret')
  })
})

describe('a disk that does half of what it is asked', () => {
  it('is asked for the rest', async () => {
    const disk = {
      ...quickDisk,
      write: (file: number, bytes: Uint8Array) => quickDisk.write(file, bytes.subarray(0, 7)),
    }
    const store = openStore(await temporaryDirectory(), { disk })
    await put(store, KEY, 'x'.repeat(1_000))
    expect((await store.read(KEY))?.value).toBe('x'.repeat(1_000))
  })
})

describe('a listing that was made while a version was replaced', () => {
  it.each([
    ['shows both versions', (names: readonly string[]) => [...names, `head.${'1'.repeat(32)}`]],
    ['shows neither', (names: readonly string[]) => names.filter(name => !name.startsWith('head.'))],
    [
      'shows the version without its record',
      (names: readonly string[]) => names.filter(name => !name.startsWith('data.')),
    ],
  ])('and %s is not believed at once', async (_, distort) => {
    const directory = await temporaryDirectory()
    await put(openStore(directory), KEY, 'x')
    let listings = 0
    const disk = {
      ...quickDisk,
      list: async (folder: string) => {
        const names = await quickDisk.list(folder)
        return ++listings < 3 ? distort(names) : names
      },
    }
    const watched = openStore(directory, { disk })
    expect((await watched.read(KEY))?.value).toBe('x')
    listings = 0
    await put(watched, KEY, 'y')
    expect((await watched.read(KEY))?.value).toBe('y')
    await watched.close?.()
  })
})

describe('a defect', () => {
  it('is passed on as it is', async () => {
    const disk = hookedDisk(quickDisk, (call, run) =>
      call === 'list' ? Promise.reject(new TypeError('a defect')) : run(),
    )
    await expect(openStore(await temporaryDirectory(), { disk }).read(KEY)).rejects.toThrow(TypeError)
  })
})
