import { randomUUID } from 'node:crypto'
import type { Store } from '@evergrant/core'
import { conformance } from '@evergrant/store-conformance'
import { eventually } from '@evergrant/tooling-redis'
import { Redis } from 'ioredis'
import { afterAll, it } from 'vitest'

/**
 * The conformance kit over stores that share a server, each clause with keys of its own. Time passes by the clock of
 * the server at `url`, for that is what these stores go by.
 */
export function conformanceSuite(url: string, make: (prefix: string) => Store): void {
  const clock = new Redis(url, { lazyConnect: true })
  afterAll(() => clock.disconnect())
  const now = async () => {
    const [seconds = 0, micros = 0] = (await clock.time()).map(Number)
    return seconds * 1_000 + micros / 1_000
  }
  const prefixes = new WeakMap<Store, string>()
  const open = (prefix: string): Store => {
    const store = make(prefix)
    prefixes.set(store, prefix)
    return store
  }
  const subject = {
    open: () => open(`test:${randomUUID()}:`),
    openPeer: (store: Store) => open(prefixes.get(store) ?? ''),
    async pass(ms: number) {
      const until = (await now()) + ms
      await eventually('the clock of the server has gone on', async () => (await now()) >= until)
    },
  }
  for (const { title, run } of conformance(subject)) {
    it(title, async ({ annotate }) => {
      const reason = await run()
      if (reason !== undefined) await annotate(reason, 'not applicable')
    })
  }
}
