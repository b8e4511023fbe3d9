import type { SimulatedStore } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'

/** By how much a process may misjudge an instant of the store's clock, in ms: the round trips of the store. */
const MISJUDGED_MS = 5_000

/**
 * S10: after a failure that only a person can mend, nobody asks again before the pause that is noted in the record
 * has passed. And a pause that the server asked for is kept by whoever heard of it.
 */
export function latch(world: World, store: SimulatedStore): Watcher {
  return {
    'store.wrote'({ process, grant, before, after }) {
      const trouble = before?.record?.trouble
      if (after.record?.lease === undefined || trouble?.until === undefined || process.machine.wasSet) return
      if (before?.record?.clock !== 'store' || trouble.kind !== 'configure') return
      const leftMs = trouble.until - store.now
      if (leftMs <= MISJUDGED_MS) return
      world.fail('S10', `${process.name} asks for grant ${grant.index} ${leftMs} ms before the pause is over`)
    },
  }
}
