import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@evergrant/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fileStore } from '../src/index.ts'
import { type Child, child } from './support/child.ts'
import { openStore } from './support/open-store.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const KEY = 'evergrant:1:processes'

async function put(store: Store, value: string): Promise<void> {
  const expected = (await store.read(KEY))?.version
  expect(await store.write(KEY, { value, expected })).toMatchObject({ written: true })
}

// The first process compiles what all others run.
beforeAll(async () => {
  await child({ type: 'count', directory: join(tmpdir(), 'evergrant-never-made'), key: KEY, times: 0 }).end
})

describe('sixteen processes', () => {
  it('count by compare-and-swap and lose nothing', async () => {
    const directory = await temporaryDirectory()
    const children = Array.from({ length: 16 }, () => child({ type: 'count', directory, key: KEY, times: 6 }))
    const ends = await Promise.all(children.map(({ end }) => end))
    expect((await fileStore({ directory }).read(KEY))?.value).toBe('96')
    // Otherwise they have not met, and this test has shown nothing.
    const refusals = ends.reduce((sum, { lines }) => sum + (lines[0] as { refusals: number }).refusals, 0)
    expect(refusals).toBeGreaterThan(16)
  })
})

describe('a process that is killed', () => {
  const cases = [
    { deed: 'creates a key', before: undefined, value: 'new' },
    { deed: 'replaces a value', before: 'old', value: 'new' },
    { deed: 'deletes a key', before: 'old', value: undefined },
  ]

  async function victim(before: string | undefined, value: string | undefined, killBefore: number) {
    const directory = await temporaryDirectory()
    const store = fileStore({ directory })
    // Makes the directory, so that only the write itself is killed.
    await store.read(KEY)
    if (before !== undefined) await put(store, before)
    await store.close?.()
    const { signal, lines } = await child({ type: 'write', directory, key: KEY, value, killBefore }).end
    return { directory, signal, lines }
  }

  // Between two changes to the disk it makes no difference to the others when it dies.
  it.each(cases)('before any change to the disk while it $deed leaves the old or the new', async each => {
    const { before, value } = each
    const seen = new Set<string | undefined>()
    const whole = await victim(before, value, 0)
    const { changes } = whole.lines[0] as { changes: number }
    expect(changes).toBeGreaterThan(5)

    await inParallel(2, changes, async index => {
      const { directory, signal } = await victim(before, value, index + 1)
      expect([index, signal]).toEqual([index, 'SIGKILL'])
      const store = fileStore({ directory })
      const found = await store.read(KEY)
      expect([before, value]).toContain(found?.value)
      seen.add(found?.value)
      await put(store, 'going on')
      expect((await store.read(KEY))?.value).toBe('going on')
    })
    // It died before and after the moment that matters.
    expect(seen).toEqual(new Set([before, value]))
  })
})

/** Does something for each number from 0 to `count`, a few at a time. */
async function inParallel(workers: number, count: number, task: (index: number) => Promise<void>) {
  let next = 0
  const work = async () => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: workers }, work))
}

/**
 * Lets a process go on that stops itself, and returns what it says next. What is sent to it before it stands is lost,
 * so it is told until it has said something.
 */
async function resumed(writer: Child): Promise<unknown> {
  let isOver = false
  const line = writer.line().finally(() => {
    isOver = true
  })
  const goOn = () => {
    writer.process.kill('SIGCONT')
    return isOver
  }
  await expect.poll(goOn, { interval: 10, timeout: 20_000 }).toBe(true)
  return line
}

describe('a process that is stopped just before it takes the current version', () => {
  it('has lost when others went on, and is shown the truth', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    await put(store, 'first')
    const writer = child({ type: 'stop', directory, key: KEY, value: 'too late' })
    expect(await writer.line()).toEqual({ stopping: true })
    for (let i = 1; i <= 300; i++) await put(store, `after ${i}`)
    const { version } = (await store.read(KEY)) ?? {}
    expect(await resumed(writer)).toMatchObject({ written: false, entry: { value: 'after 300', version } })
    await writer.end
    expect(await store.read(KEY)).toMatchObject({ value: 'after 300', version })
  })

  it('has lost when the key was deleted and made again meanwhile', async () => {
    const directory = await temporaryDirectory()
    const store = openStore(directory)
    await put(store, 'first')
    const writer = child({ type: 'stop', directory, key: KEY, value: 'too late' })
    expect(await writer.line()).toEqual({ stopping: true })
    for (let i = 1; i <= 20; i++) {
      await store.write(KEY, { value: undefined, expected: (await store.read(KEY))?.version })
      await put(store, `life ${i}`)
    }
    expect(await resumed(writer)).toMatchObject({ written: false, entry: { value: 'life 20' } })
    await writer.end
    expect((await store.read(KEY))?.value).toBe('life 20')
  })

  it('has won, however late, when nobody else has written', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore({ directory })
    await put(store, 'first')
    const writer = child({ type: 'stop', directory, key: KEY, value: 'late' })
    expect(await writer.line()).toEqual({ stopping: true })
    expect((await store.read(KEY))?.value).toBe('first')
    expect(await resumed(writer)).toMatchObject({ written: true })
    await writer.end
    expect((await store.read(KEY))?.value).toBe('late')
  })
})

describe('a process that watches a key', () => {
  it('hears of what another process creates, replaces and deletes', async () => {
    const directory = await temporaryDirectory()
    const store = fileStore({ directory })
    const watcher = child({ type: 'watch', directory, key: KEY })
    expect(await watcher.line()).toEqual({ watching: true })
    await put(store, 'one')
    expect(await watcher.line()).toEqual({ hint: true })
    await put(store, 'two')
    expect(await watcher.line()).toEqual({ hint: true })
    await store.write(KEY, { value: undefined, expected: (await store.read(KEY))?.version })
    expect(await watcher.line()).toEqual({ hint: true })
    watcher.process.stdin.end()
    const { lines } = await watcher.end
    // One for each change; a repeated hint would be allowed, but every one of them costs a read.
    expect(lines).toHaveLength(4)
  })
})
