import { type Exchange, mayBeGivenUp } from '../exchange.ts'
import type { Tenure } from '../grant-history.ts'
import type { SimulatedStore } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'
import { hasLostLease, lapsedMs } from './lease-life.ts'

/**
 * S7: a request is sent only while its lease lasts; a process has one at a time for what it presents, and a second one
 * is on its way only when the lease of the first has lapsed.
 */
export function oneRequest(world: World, store: SimulatedStore): Watcher {
  /** Leases over which somebody wrote what was won without any, or under a lost one. */
  const overridden = new Set<Tenure>()

  /** Whoever's own lease is over must not send: the next holder may have done so. */
  function checkLease({ process, grant, guarded }: Exchange): void {
    const { tenures, losses } = grant.history
    const own = tenures.get(process)
    if (!guarded || own === undefined || own.losses < losses || process.machine.wasSet) return
    const ageMs = store.now - own.storedAt
    if (ageMs < grant.numbers.leaseMs) return
    world.fail('S7', `${process.name} asks for grant ${grant.index} under a lease that is ${ageMs} ms old`)
  }

  /** Whether both may be on their way at once. */
  function isExcused({ process, grant, guarded }: Exchange, other: Exchange): boolean {
    const { tenures, losses, commands } = grant.history
    const [own, tenure] = [tenures.get(process), tenures.get(other.process)]
    if (!guarded || !other.guarded || commands > 0 || hasLostLease(process, grant)) return true
    if (tenure === undefined || tenure.losses < losses || overridden.has(tenure)) return true
    // Nobody has told it yet that its lease was written over.
    if (own !== undefined && overridden.has(own)) return true
    // Whoever's clock was set forward may have given up what is still on its way.
    return other.process.machine.wasSet || store.now - tenure.storedAt >= lapsedMs(grant, store)
  }

  function checkOthers(exchange: Exchange): void {
    const { process, grant } = exchange
    for (const other of grant.history.inFlight) {
      if (other === exchange || mayBeGivenUp(other)) continue
      // What was received meanwhile need not wait for the end of what it has taken the place of.
      const isReplaced = grant.history.commands > 0 && other.refreshToken !== exchange.refreshToken
      if (other.process === process && isReplaced) continue
      if (other.process === process) {
        world.fail('S7', `${process.name} has two requests for grant ${grant.index} on their way`)
      } else if (!isExcused(exchange, other)) {
        const { name } = other.process
        world.fail('S7', `${process.name} asks for grant ${grant.index} while the lease of ${name} lasts`)
      }
    }
  }

  return {
    'request.sent'({ exchange }) {
      checkLease(exchange)
      checkOthers(exchange)
    },
    'store.wrote'({ process, grant, before, after: { record } }) {
      const { tenure } = grant.history
      if (before?.record === undefined || record === undefined || record.lease !== undefined) return
      const isOutside = !process.isGuarded(grant) || hasLostLease(process, grant)
      if (tenure !== undefined && isOutside) overridden.add(tenure)
    },
  }
}
