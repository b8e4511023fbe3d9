import { type Clause, demand } from './clause.ts'
import { create, refused, written } from './compare-and-swap.ts'

const KEY = 'evergrant:1:conformance'

/** That what a store shows at different times and in different ways hangs together. Caches are tempted here. */
export const consistency: readonly Clause[] = [
  {
    id: 'shown.forward',
    title: 'never goes back behind what it has shown with a refusal',
    needs: ['peer'],
    async check({ store, peer }) {
      const other = await peer()
      const first = await create(store, KEY, 'one')
      demand((await store.read(KEY))?.value === 'one', 'a store does not show its own write')
      const second = written(await other.write(KEY, { value: 'two', expected: first }))
      const entry = refused(await store.write(KEY, { value: 'three', expected: first }))
      demand(entry?.version === second, 'the refusal does not show the truth')
      demand(
        (await store.read(KEY))?.version === second,
        'a read shows what the refusal has shown as replaced',
      )
    },
  },
  {
    id: 'shown.own',
    title: 'shows its own deletion at once, and what it has made since',
    needs: [],
    async check({ store }) {
      const first = await create(store, KEY, 'one')
      demand((await store.read(KEY))?.version === first, 'a store does not show its own write')
      written(await store.write(KEY, { value: undefined, expected: first }))
      demand((await store.read(KEY)) === undefined, 'a store shows what it has deleted itself')
      const second = await create(store, KEY, 'two')
      demand((await store.read(KEY))?.version === second, 'a store does not show its own write')
    },
  },
  {
    id: 'retain.anew',
    title: 'treats a value that it has given up as absent when it is written, too',
    needs: ['pass'],
    async check({ store, pass }) {
      const result = await store.write(KEY, { value: 'one', expected: undefined })
      demand(result.written, 'the key is not absent')
      const retainUntil = ((await store.read(KEY))?.time?.asOf ?? Date.now()) + 60
      const first = written(await store.write(KEY, { value: 'two', expected: result.version, retainUntil }))
      await pass(200)
      // Retention is a hint: a store may keep the value longer.
      if ((await store.read(KEY)) !== undefined) return
      const entry = refused(await store.write(KEY, { value: 'three', expected: first }))
      demand(entry === undefined, 'a refusal shows what reads do not show any more')
      const second = await create(store, KEY, 'four')
      demand((await store.read(KEY))?.version === second, 'a key cannot be made anew after its retention')
    },
  },
]
