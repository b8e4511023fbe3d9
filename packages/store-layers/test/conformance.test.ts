import type { Store } from '@evergrant/core'
import { conformance, type Subject } from '@evergrant/store-conformance'
import { fileStore } from '@evergrant/store-file'
import { memoryStore } from '@evergrant/store-memory'
import { virtualClock } from '@evergrant/testkit'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { keyring, prefixed, sealed, tiered, watched } from '../src/index.ts'
import { kept, mute, subjectOf } from './support/handles.ts'
import { rawKey } from './support/keys.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const clock = virtualClock()
const pass = (ms: number) => clock.advance(ms)
const memory = () => memoryStore({ clock })
/** A memory that several handles share. */
const common = () => kept(memory())
const file = (directory: string) => fileStore({ directory })
/** For stores that take no clock, and ask the platform: its own clocks stand unless they are moved. */
const passOnPlatform = async (ms: number) => {
  vi.advanceTimersByTime(ms)
}
const SOON = { freshForMs: 40 }
const POLL = { pollMs: 10 }

/** Every handle has a ring of its own, as every process has. */
const ring = () => keyring({ current: rawKey('one'), older: [rawKey('two')] })

const overFiles = (handle: (directory: string) => Store) =>
  subjectOf(temporaryDirectory, handle, passOnPlatform)

/** Every layer, and some layers of layers. What is over Redis is tested where the servers are: with the Redis store. */
const LAYERS: Readonly<Record<string, Subject>> = {
  'prefixed(memory)': subjectOf(common, shared => prefixed(shared, 'part:'), pass),
  'prefixed(file)': overFiles(directory => prefixed(file(directory), 'part:')),
  'tiered(memory, memory)': subjectOf(common, far => tiered(memory(), far, { clock }), pass),
  'tiered(memory, file)': overFiles(directory => tiered(memoryStore(), file(directory), SOON)),
  'tiered(memory, memory) with a near one that all share': subjectOf(
    () => [common(), common()] as const,
    ([near, far]) => tiered(near, far, { clock }),
    pass,
  ),
  'sealed(memory)': subjectOf(common, shared => sealed(shared, ring()), pass),
  'sealed(memory) whose working keys last for three records': subjectOf(
    common,
    shared => sealed(shared, keyring({ current: rawKey('one'), sealsMax: 3 })),
    pass,
  ),
  'sealed(file)': overFiles(directory => sealed(file(directory), ring())),
  'tiered(memory, sealed(file))': overFiles(directory =>
    tiered(memoryStore(), sealed(file(directory), ring()), SOON),
  ),
  'watched(memory)': subjectOf(common, shared => watched(mute(shared), POLL), pass),
  'watched(file)': overFiles(directory => watched(mute(file(directory)), POLL)),
  'tiered(memory, watched(file))': overFiles(directory =>
    tiered(memoryStore(), watched(mute(file(directory)), POLL), SOON),
  ),
  'prefixed(tiered(memory, prefixed(file)))': overFiles(directory =>
    prefixed(tiered(memoryStore(), prefixed(file(directory), 'inner:'), SOON), 'outer:'),
  ),
}

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date', 'hrtime', 'performance'] })
})
afterAll(() => {
  vi.useRealTimers()
})

describe.each(Object.entries(LAYERS))('%s conforms: it', (_, subject) => {
  for (const { title, run } of conformance(subject)) {
    it(title, async ({ annotate }) => {
      const reason = await run()
      if (reason !== undefined) await annotate(reason, 'not applicable')
    })
  }
})
