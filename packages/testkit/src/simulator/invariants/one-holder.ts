import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedStore, Stored } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'
import { lapsedMs } from './lease-life.ts'

/**
 * P7 and S6: at no moment are there two holders. A lease is taken over only when it has lapsed; what was won under a
 * lease that another one followed does not get into the store over the other, nor under its own old number.
 */
export function oneHolder(world: World, store: SimulatedStore): Watcher {
  return {
    'store.wrote'({ process, grant, before, after }) {
      const from = before?.record
      const to = after.record
      if (from === undefined || to === undefined || before === undefined) return
      const overtakes = to.lease !== undefined && from.lease !== undefined && from.lease !== to.lease
      const ageMs = store.now - before.storedAt
      if (overtakes && ageMs < lapsedMs(grant, store)) {
        world.fail('P7', `${process.name} took over the lease of ${from.lease} when it was ${ageMs} ms old`)
      }
      if (to.fence < from.fence) {
        world.fail('S6', `${process.name} wrote fence ${to.fence} over ${from.fence}`)
      }
      checkCommit(process, grant, from, to)
    },
  }

  function checkCommit(
    process: SimulatedProcess,
    grant: SimulatedGrant,
    from: NonNullable<Stored['record']>,
    to: NonNullable<Stored['record']>,
  ): void {
    const { tenure, tenures, losses, commands } = grant.history
    const isOver = from.lease !== undefined || to.fence <= from.fence
    const brings = to.lease === undefined && to.generation > from.generation && to.generation === to.fence
    if (!brings || !isOver || !process.isGuarded(grant) || commands > 0 || tenure === undefined) return
    if (tenure.process === process || tenure.losses < losses) return
    const own = tenures.get(process)
    if (own === undefined || own.losses < losses || own.fence >= tenure.fence) return
    world.fail(
      'S6',
      `${process.name} stored what it won under lease ${own.fence} after lease ${tenure.fence} was given`,
    )
  }
}
