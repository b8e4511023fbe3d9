import { mayBeGivenUp } from '../exchange.ts'
import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedStore, Stored } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

/**
 * P7: nobody is told that a grant has ended when it has not.
 *
 * That is, unless something is to blame for its loss; or a refresh token is being presented by a process that
 * stands still, or cannot reach the store, for longer than its lease lasts: the others cannot know that it will
 * go on. A process says what was true when it looked last; it looks again before it says so, if the store lets it.
 */
export function verdicts(world: World, store: SimulatedStore): Watcher {
  /** Whether what a process has learned last makes it believe that the grant has ended. */
  const believing = new PerProcess<boolean>()
  /** Whether it was told itself to drop the grant, and has had no other since. */
  const dropping = new PerProcess<boolean>()

  function hasReason(process: SimulatedProcess, grant: SimulatedGrant, stored: Stored | undefined): boolean {
    const { blames, pastBlames, tenure, inFlight } = grant.history
    for (const exchange of inFlight) if (exchange.process === process && mayBeGivenUp(exchange)) return true
    // What befell the grant before is all that an answer knows which another grant has overtaken.
    if (pastBlames.size > 0 && stored?.version !== grant.history.stored?.version) return true
    const record = stored?.record
    const isMissing = record?.tokens === undefined && !grant.rules.seeded
    if (blames.size > 0 || isMissing || record?.trouble?.kind === 'reauthorize') return true
    if (record?.lease === undefined || record.spentAt === undefined || tenure?.process === process)
      return false
    const { leaseMs, pollMs } = grant.numbers
    const lapsedMs = store.rules.hasClock ? leaseMs : leaseMs - 2 * pollMs
    return store.now - (stored?.storedAt ?? 0) >= lapsedMs - 1
  }

  return {
    'call.began'({ call: { process, grant, kind } }) {
      if (kind !== 'token') dropping.set(process, grant, kind === 'drop')
    },
    'token.given'({ process, grant }) {
      dropping.set(process, grant, false)
    },
    'store.told'({ process, grant, stored, isCertain }) {
      const before = !isCertain && believing.get(process, grant)
      believing.set(process, grant, before || hasReason(process, grant, stored))
    },
    'request.ended'({ exchange: { process, grant } }) {
      if (hasReason(process, grant, grant.history.stored)) believing.set(process, grant, true)
    },
    'call.ended'({ call: { process, grant, number, outcome } }) {
      if (outcome === undefined || outcome.ok || outcome.failure?.kind !== 'reauthorize') return
      if (!grant.delegated) {
        world.fail('P7', `call #${number} of ${process.name} was told to sign in for client credentials`)
      }
      if (
        dropping.get(process, grant) ||
        believing.get(process, grant) ||
        hasReason(process, grant, grant.history.stored)
      )
        return
      world.fail(
        'P7',
        `call #${number} of ${process.name} was told ${outcome.failure.code}, and nothing is lost`,
      )
    },
  }
}
