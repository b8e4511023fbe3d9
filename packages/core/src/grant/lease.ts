import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { Known } from './grant-state.ts'

/**
 * Whether somebody else holds a live lease.
 *
 * A lease has lapsed when the store, by its own clock, says that the record is `leaseMs` old. Where the store
 * has no clock, it has lapsed when this process has seen the same version for `leaseMs` *and* in as many polls
 * as fit into that time, so that a jump of the local clock alone ends nobody's lease. Wall clocks of two
 * machines are never compared.
 */
export function isLeasedElsewhere(known: Known | undefined, policy: GrantPolicy): boolean {
  const lease = known?.record?.lease
  if (known === undefined || lease === undefined || lease.holder === policy.holder) return false
  if (known.ageMs !== undefined) return known.ageMs < policy.leaseMs
  const watchedMs = known.readAt - known.firstSeenAt
  const pollsNeeded = Math.ceil(policy.leaseMs / policy.pollMs)
  return watchedMs < policy.leaseMs || known.sightings < pollsNeeded
}

/** When to look again at a lease that another session holds: at the next poll, or when the lease is due to lapse. */
export function lookAgainAt(known: Known, policy: GrantPolicy): number {
  const pollAt = known.readAt + policy.pollMs
  if (known.ageMs === undefined) return pollAt
  const lapsesAt = known.readAt + policy.leaseMs - known.ageMs
  return Math.min(pollAt, Math.max(lapsesAt, known.readAt + 1))
}
