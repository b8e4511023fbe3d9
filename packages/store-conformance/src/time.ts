import type { Entry, StoreTime } from '@evergrant/core'
import { type Clause, demand } from './clause.ts'
import { create, refused, written } from './compare-and-swap.ts'

const KEY = 'evergrant:1:conformance'

export const time: readonly Clause[] = [
  {
    id: 'time.everywhere-or-nowhere',
    title: 'tells its own time with every entry and every write, or never',
    needs: [],
    async check({ store }) {
      const result = await store.write(KEY, { value: 'one', expected: undefined })
      written(result)
      const told = [
        'storedAt' in result && result.storedAt !== undefined,
        (await store.read(KEY))?.time !== undefined,
        refused(await store.write(KEY, { value: 'two', expected: undefined }))?.time !== undefined,
      ]
      demand(new Set(told).size === 1, 'some answers tell the time and some do not')
    },
  },
  {
    id: 'time.stored-at',
    title: 'tells the same instant of writing with the write and with every read',
    needs: [],
    async check({ store }) {
      const result = await store.write(KEY, { value: 'one', expected: undefined })
      demand(result.written, 'the key is not absent')
      if (result.storedAt === undefined) return
      const first = timeOf(await store.read(KEY))
      const second = timeOf(await store.read(KEY))
      demand(first.storedAt === result.storedAt, 'read and write disagree about when it was written')
      demand(second.storedAt === first.storedAt, 'the instant of writing changes from read to read')
      demand(first.asOf >= first.storedAt && second.asOf >= first.asOf, "the store's clock runs backwards")
      const again = await store.write(KEY, { value: 'two', expected: result.version })
      demand(again.written && (again.storedAt ?? 0) >= first.asOf, 'a later write has an earlier instant')
    },
  },
  {
    id: 'time.passes',
    title: 'lets the age of an entry grow as time passes, and restarts it with a write',
    needs: ['pass'],
    async check({ store, pass }) {
      const version = await create(store, KEY, 'one')
      const before = await store.read(KEY)
      if (before?.time === undefined) return
      await pass(50)
      const aged = timeOf(await store.read(KEY))
      const ageMs = aged.asOf - aged.storedAt
      demand(ageMs >= 40 && ageMs < 10_000, `after 50 ms the entry is ${ageMs} ms old`)
      written(await store.write(KEY, { value: 'two', expected: version }))
      const renewed = timeOf(await store.read(KEY))
      // By when it was written, and not by how old it is by now: this machine may have been busy in between.
      demand(renewed.storedAt >= aged.asOf, 'a write has not restarted the age')
    },
  },
  {
    id: 'retain.latest',
    title: 'goes by the retention of the latest write only',
    needs: ['pass'],
    async check({ store, pass }) {
      for (const retainMs of RETAIN_MS) {
        const key = `${KEY} for ${retainMs} ms`
        const retainUntil = (await nowOf(store)) + retainMs
        const first = written(await store.write(key, { value: 'one', expected: undefined, retainUntil }))
        const result = await store.write(key, { value: 'two', expected: first })
        // A slow machine has let the first value expire: it is given longer.
        if (!result.written && result.entry === undefined && retainMs < Math.max(...RETAIN_MS)) continue
        written(result)
        await pass(retainMs + 100)
        demand(
          (await store.read(key))?.value === 'two',
          'the retention of a replaced value has ended its successor',
        )
        return
      }
    },
  },
]

function timeOf(entry: Entry | undefined): StoreTime {
  demand(entry?.time !== undefined, 'an entry does not tell the time though others do')
  return entry.time
}

/** For how long a value is to be kept that is replaced at once, in ms. */
const RETAIN_MS = [60, 1_000, 10_000]

/** The store's time, or this process's where it has none. */
async function nowOf(store: Parameters<Clause['check']>[0]['store']): Promise<number> {
  await store.write('what time is it', { value: 'x', expected: undefined })
  return (await store.read('what time is it'))?.time?.asOf ?? Date.now()
}
