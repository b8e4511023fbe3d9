import type { Store, Version } from '@evergrant/core'
import { type Clause, demand } from './clause.ts'
import { count, create, refused, written } from './compare-and-swap.ts'

const KEY = 'evergrant:1:conformance'

export const sharing: readonly Clause[] = [
  {
    id: 'peer.sees',
    title: 'shows a write to other processes, and theirs to this one',
    needs: ['peer'],
    async check({ store, peer, pass }) {
      const other = await peer()
      const version = await create(store, KEY, 'one')
      await pass(other.traits.staleMsMax)
      const seen = await other.read(KEY)
      demand(seen?.value === 'one' && seen.version === version, 'a peer does not see what was written')
      written(await other.write(KEY, { value: 'two', expected: version }))
      await pass(store.traits.staleMsMax)
      demand((await store.read(KEY))?.value === 'two', 'what a peer has written is not seen')
      const entry = refused(await store.write(KEY, { value: 'three', expected: version }))
      demand(entry?.value === 'two', 'a refusal does not show what a peer has written')
    },
  },
  {
    id: 'peer.no-lost-update',
    title: 'loses no update between processes',
    needs: ['peer'],
    async check({ store, peer, pass }) {
      const other = await peer()
      await create(store, KEY, '0')
      await Promise.all([count(store, 16), count(other, 16), count(store, 16), count(other, 16)])
      await pass(store.traits.staleMsMax)
      const total = (await store.read(KEY))?.value
      demand(total === '64', `64 increments made ${total}`)
    },
  },
  {
    id: 'hint.write',
    title: 'hints at a write, until the subscription ends',
    needs: ['subscribe'],
    async check({ store, hintWithinMs }) {
      await hinted(store, store, hintWithinMs)
    },
  },
  {
    id: 'hint.peer',
    title: 'hints at the write of another process',
    needs: ['subscribe', 'peer'],
    async check({ store, peer, hintWithinMs }) {
      await hinted(store, await peer(), hintWithinMs)
    },
  },
  {
    id: 'hint.version',
    title: 'names with a hint the version that was written, or none',
    needs: ['subscribe'],
    async check({ store, hintWithinMs }) {
      const hints = listener(hintWithinMs)
      const end = await subscribe(store, hints.hear)
      let expected: Version | undefined
      for (const value of ['one', 'two']) {
        hints.forget()
        expected = written(await store.write(KEY, { value, expected }))
        await hints.heard()
        const named = hints.named ?? expected
        demand(named === expected, 'a hint names a version that is not the one written')
      }
      await end()
    },
  },
  {
    id: 'hint.several',
    title: 'hints to every subscriber of a key, and ends one subscription without the others',
    needs: ['subscribe'],
    async check({ store, hintWithinMs }) {
      const [first, second] = [listener(hintWithinMs), listener(hintWithinMs)]
      const endFirst = await subscribe(store, first.hear)
      const endSecond = await subscribe(store, second.hear)
      const version = await create(store, KEY, 'one')
      await Promise.all([first.heard(), second.heard()])
      await endFirst()
      await endFirst()
      second.forget()
      written(await store.write(KEY, { value: 'two', expected: version }))
      await second.heard()
      await endSecond()
    },
  },
  {
    id: 'hint.read',
    title: 'shows a change to whoever reads when the hint comes',
    needs: ['subscribe', 'peer'],
    async check({ store, peer, hintWithinMs }) {
      const other = await peer()
      const version = await create(store, KEY, 'one')
      const hints = listener(hintWithinMs)
      const end = await subscribe(store, hints.hear)
      await store.read(KEY)
      written(await other.write(KEY, { value: 'two', expected: version }))
      // A hint at the first write may come late; the one that counts is then still on its way.
      do {
        await hints.heard()
        hints.forget()
      } while ((await store.read(KEY))?.value !== 'two')
      await end()
    },
  },
  {
    id: 'close.rejects',
    title: 'rejects whatever is asked after it was closed, and closes twice without complaint',
    needs: ['close'],
    async check({ store }) {
      await create(store, KEY, 'one')
      await store.close?.()
      await store.close?.()
      demand(await rejects(store.read(KEY)), 'a closed store still reads')
      demand(
        await rejects(store.write(KEY, { value: 'x', expected: undefined })),
        'a closed store still writes',
      )
    },
  },
]

async function hinted(store: Store, writer: Store, withinMs: number): Promise<void> {
  const hints = listener(withinMs)
  const end = await subscribe(store, hints.hear)
  const version = await create(writer, KEY, 'one')
  await hints.heard()
  hints.forget()
  written(await writer.write(KEY, { value: undefined, expected: version }))
  await hints.heard()
  hints.forget()
  await create(writer, KEY, 'another life')
  await hints.heard()
  await end()
}

function subscribe(store: Store, onChange: (version?: Version) => void): Promise<() => Promise<void>> {
  demand(store.subscribe !== undefined, 'the store has lost its subscribe function')
  return store.subscribe(KEY, onChange)
}

function listener(withinMs: number) {
  let count = 0
  let named: Version | undefined
  let notify: () => void = () => undefined
  return {
    hear(version?: Version) {
      count += 1
      named = version
      notify()
    },
    /** The version that the last hint has named. */
    get named() {
      return named
    },
    forget() {
      count = 0
    },
    async heard() {
      if (count > 0) return
      let timer: ReturnType<typeof setTimeout> | undefined
      const inTime = await new Promise<boolean>(resolve => {
        notify = () => resolve(true)
        timer = setTimeout(() => resolve(false), withinMs)
      })
      clearTimeout(timer)
      demand(inTime, `no hint came within ${withinMs} ms`)
    },
  }
}

async function rejects(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  )
}
