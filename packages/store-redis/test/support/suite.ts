import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Store } from '@evergrant/core'
import { conformance } from '@evergrant/store-conformance'
import { it } from 'vitest'

/** The conformance kit over stores that share a server, each clause with keys of its own. */
export function conformanceSuite(make: (prefix: string) => Store): void {
  const prefixes = new WeakMap<Store, string>()
  const open = (prefix: string): Store => {
    const store = make(prefix)
    prefixes.set(store, prefix)
    return store
  }
  const subject = {
    open: () => open(`test:${randomUUID()}:`),
    openPeer: (store: Store) => open(prefixes.get(store) ?? ''),
    pass: (ms: number) => wait(ms),
  }
  for (const { title, run } of conformance(subject)) {
    it(title, async ({ annotate }) => {
      const reason = await run()
      if (reason !== undefined) await annotate(reason, 'not applicable')
    })
  }
}
