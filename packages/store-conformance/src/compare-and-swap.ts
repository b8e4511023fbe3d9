import type { Entry, Store, Version, WriteResult } from '@evergrant/core'
import { type Clause, demand } from './clause.ts'

const KEY = 'evergrant:1:conformance'
const CONTENDERS = 16

/** Creates a key and returns its version. */
export async function create(store: Store, key: string, value: string): Promise<Version> {
  return written(await store.write(key, { value, expected: undefined }))
}

/** The version of a write that must have succeeded. */
export function written(result: WriteResult): Version {
  demand(result.written, 'a write with the right version was refused')
  return result.version
}

/** The entry that a refusal shows. */
export function refused(result: WriteResult): Entry | undefined {
  demand(!result.written, 'a write with a stale version was accepted')
  return result.entry
}

export const compareAndSwap: readonly Clause[] = [
  {
    id: 'read.absent',
    title: 'reads an absent key as undefined',
    needs: [],
    async check({ store }) {
      demand((await store.read(KEY)) === undefined, 'an absent key has an entry')
    },
  },
  {
    id: 'read.written',
    title: 'reads what was written, with the version that the write returned',
    needs: [],
    async check({ store }) {
      const version = await create(store, KEY, 'one')
      const entry = await store.read(KEY)
      demand(entry?.value === 'one', `read ${JSON.stringify(entry?.value)} instead of "one"`)
      demand(entry.version === version, 'the version read is not the version written')
    },
  },
  {
    id: 'cas.create-once',
    title: 'creates a key only while it is absent, and shows what is there instead',
    needs: [],
    async check({ store }) {
      const version = await create(store, KEY, 'one')
      const entry = refused(await store.write(KEY, { value: 'two', expected: undefined }))
      demand(entry?.value === 'one' && entry.version === version, 'the refusal does not show the truth')
      demand((await store.read(KEY))?.value === 'one', 'a refused write has changed the value')
    },
  },
  {
    id: 'cas.replace',
    title: 'replaces a value whose version is the current one',
    needs: [],
    async check({ store }) {
      const first = await create(store, KEY, 'one')
      const second = written(await store.write(KEY, { value: 'two', expected: first }))
      demand(second !== first, 'a replaced value has kept its version')
      const entry = await store.read(KEY)
      demand(entry?.value === 'two' && entry.version === second, 'the new value cannot be read back')
    },
  },
  {
    id: 'cas.stale',
    title: 'refuses a stale version, changes nothing and shows the current entry',
    needs: [],
    async check({ store }) {
      const first = await create(store, KEY, 'one')
      const second = written(await store.write(KEY, { value: 'two', expected: first }))
      const entry = refused(await store.write(KEY, { value: 'three', expected: first }))
      demand(entry?.value === 'two' && entry.version === second, 'the refusal does not show the truth')
      demand((await store.read(KEY))?.value === 'two', 'a refused write has changed the value')
    },
  },
  {
    id: 'cas.vanished',
    title: 'refuses to replace a key that is absent, and shows that it is',
    needs: [],
    async check({ store }) {
      const version = await create(store, KEY, 'one')
      written(await store.write(KEY, { value: undefined, expected: version }))
      const entry = refused(await store.write(KEY, { value: 'two', expected: version }))
      demand(entry === undefined, 'the refusal shows an entry of an absent key')
      demand((await store.read(KEY)) === undefined, 'a refused write has created the key')
    },
  },
  {
    id: 'cas.delete',
    title: 'deletes a key whose version is the current one, and only then',
    needs: [],
    async check({ store }) {
      const first = await create(store, KEY, 'one')
      const second = written(await store.write(KEY, { value: 'two', expected: first }))
      refused(await store.write(KEY, { value: undefined, expected: first }))
      demand((await store.read(KEY))?.value === 'two', 'a refused delete has deleted')
      written(await store.write(KEY, { value: undefined, expected: second }))
      demand((await store.read(KEY)) === undefined, 'a deleted key still has an entry')
    },
  },
  {
    id: 'version.fresh',
    title: 'never uses a version twice for a key, not for the same value and not after a delete',
    needs: [],
    async check({ store }) {
      const seen = new Set<Version>()
      let expected: Version | undefined
      for (let round = 0; round < 12; round++) {
        const value = round % 4 === 3 ? undefined : 'same'
        const version = written(await store.write(KEY, { value, expected }))
        expected = value === undefined ? undefined : version
        if (expected === undefined) continue
        demand(!seen.has(version), 'a version was used twice')
        seen.add(version)
      }
    },
  },
  {
    id: 'race.create',
    title: 'lets exactly one of many concurrent creations win, and shows the winner to the others',
    needs: [],
    async check({ store }) {
      await race(store, undefined)
    },
  },
  {
    id: 'race.replace',
    title: 'lets exactly one of many concurrent replacements win, and shows the winner to the others',
    needs: [],
    async check({ store }) {
      await race(store, await create(store, KEY, 'start'))
    },
  },
  {
    id: 'race.no-lost-update',
    title: 'loses no update when many count by compare-and-swap at once',
    needs: [],
    async check({ store }) {
      await create(store, KEY, '0')
      await Promise.all(Array.from({ length: 8 }, () => count(store, 8)))
      const total = (await store.read(KEY))?.value
      demand(total === '64', `64 increments made ${total}`)
    },
  },
]

async function race(store: Store, expected: Version | undefined): Promise<void> {
  const results = await Promise.all(
    Array.from({ length: CONTENDERS }, (_, i) => store.write(KEY, { value: `contender ${i}`, expected })),
  )
  const winners = results.flatMap((result, i) => (result.written ? [`contender ${i}`] : []))
  demand(winners.length === 1, `${winners.length} of ${CONTENDERS} concurrent writes have won`)
  demand((await store.read(KEY))?.value === winners[0], 'the winner is not what is stored')
  for (const result of results) {
    if (result.written) continue
    demand(result.entry?.value === winners[0], 'a loser was not shown the winner')
  }
}

/** Attempts after which counting is given up: a store that shows stale entries would count for ever. */
const ATTEMPTS_MAX = 10_000

/** Counts up `times`, trying again whenever somebody else was faster. */
export async function count(store: Store, times: number): Promise<void> {
  for (let done = 0, attempts = 0; done < times; ) {
    demand(++attempts < ATTEMPTS_MAX, 'counting by compare-and-swap does not come to an end')
    const entry = await store.read(KEY)
    demand(entry !== undefined, 'the counter has vanished')
    const value = String(Number(entry.value) + 1)
    if ((await store.write(KEY, { value, expected: entry.version })).written) done += 1
  }
}
