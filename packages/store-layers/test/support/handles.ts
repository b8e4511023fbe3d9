import type { Store } from '@evergrant/core'
import type { Subject } from '@evergrant/store-conformance'

/** A subject whose peers are further handles on the same data: `data` is made for each clause, `handle` for each peer. */
export function subjectOf<Data>(
  data: () => Data | Promise<Data>,
  handle: (data: Data) => Store,
  pass: (ms: number) => Promise<void>,
): Subject {
  const known = new Map<Store, Data>()
  const open = (of: Data) => {
    const store = handle(of)
    known.set(store, of)
    return store
  }
  return {
    open: async () => open(await data()),
    openPeer(store) {
      const of = known.get(store)
      if (of === undefined) throw new Error('this store is of another subject')
      return open(of)
    },
    pass,
  }
}

/** A store that outlives the layers that are closed around it. */
export function kept({ close: _, ...store }: Store): Store {
  return store
}

/** A store that cannot tell of changes. */
export function mute({ subscribe: _, ...store }: Store): Store {
  return store
}
