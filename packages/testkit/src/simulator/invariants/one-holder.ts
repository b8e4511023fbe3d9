import { type Exchange, mayBeGivenUp } from '../exchange.ts'
import type { Tenure } from '../grant-history.ts'
import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedStore, Stored } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'

/**
 * P7, S6 and S7: at no moment are there two holders. A lease is taken over only when it has lapsed; what was won
 * under a lease that another one followed does not get into the store; a request is sent only while its lease
 * lasts, and a second one is on its way only when the lease of the first has lapsed.
 */
export function oneHolder(world: World, store: SimulatedStore): Watcher {
  /** How old a lease has to be when it is taken over, in ms. */
  function lapsedMs({ numbers: { leaseMs, pollMs } }: SimulatedGrant): number {
    if (store.rules.hasClock) return leaseMs
    // Watched, and counted in looks: one whose clock was set forward may save the first and the last of them.
    return leaseMs - 2 * pollMs
  }

  function isLive(grant: SimulatedGrant, { storedAt }: Stored): boolean {
    return store.now - storedAt < lapsedMs(grant)
  }

  /** Whoever's own lease is over must not send: the next holder may have done so. */
  function checkLease({ process, grant, guarded }: Exchange): void {
    const { tenures, losses } = grant.history
    const own = tenures.get(process)
    if (!guarded || own === undefined || own.losses < losses || process.machine.wasSet) return
    const ageMs = store.now - own.storedAt
    if (ageMs < grant.numbers.leaseMs) return
    world.fail('S7', `${process.name} asks for grant ${grant.index} under a lease that is ${ageMs} ms old`)
  }

  function checkRequest(exchange: Exchange): void {
    const { process, grant } = exchange
    const { inFlight, tenures, losses } = grant.history
    for (const other of inFlight) {
      if (other === exchange || mayBeGivenUp(other)) continue
      if (other.process === process) {
        world.fail('S7', `${process.name} has two requests for grant ${grant.index} on their way`)
      }
      const tenure = tenures.get(other.process)
      if (
        hasLostLease(process, grant) ||
        !exchange.guarded ||
        !other.guarded ||
        tenure === undefined ||
        tenure.losses < losses
      )
        continue
      // Whoever's clock was set forward may have given up what is still on its way.
      if (overridden.has(tenure) || other.process.machine.wasSet) continue
      if (store.now - tenure.storedAt >= lapsedMs(grant) || grant.history.commands > 0) continue
      world.fail(
        'S7',
        `${process.name} asks for grant ${grant.index} while the lease of ${other.process.name} lasts`,
      )
    }
  }

  /** A store that has lost a lease may give another one before the first is known to be given. */
  function hasLostLease(process: SimulatedProcess, { history }: SimulatedGrant): boolean {
    return (history.tenures.get(process)?.losses ?? history.losses) < history.losses
  }

  /** Leases over which somebody wrote what was won without any, or under a lost one. */
  const overridden = new Set<Tenure>()

  return {
    'request.sent'({ exchange }) {
      checkLease(exchange)
      checkRequest(exchange)
    },
    'store.wrote'({ process, grant, before, after }) {
      const from = before?.record
      const to = after.record
      if (from === undefined || to === undefined || before === undefined) return
      const { tenure } = grant.history
      const isOutside = !process.isGuarded(grant) || hasLostLease(process, grant)
      if (tenure !== undefined && to.lease === undefined && isOutside) overridden.add(tenure)
      const overtakes = to.lease !== undefined && from.lease !== undefined && from.lease !== to.lease
      if (overtakes && isLive(grant, before)) {
        const ageMs = store.now - before.storedAt
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
    const brings = to.lease === undefined && to.generation > from.generation && to.generation === to.fence
    if (!brings || !process.isGuarded(grant) || commands > 0 || tenure === undefined) return
    if (tenure.process === process || tenure.losses < losses) return
    const own = tenures.get(process)
    if (own === undefined || own.losses < losses || own.fence >= tenure.fence) return
    world.fail(
      'S6',
      `${process.name} stored what it won under lease ${own.fence} after lease ${tenure.fence} was given`,
    )
  }
}
