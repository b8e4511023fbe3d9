import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { GrantState } from './grant-state.ts'

/**
 * Until when asking for a token would change nothing but hand out the one that is held: the span in which a
 * shell may answer from memory without consulting the machine. `0` when it must always be consulted.
 */
export function quietUntil(state: GrantState, policy: GrantPolicy): number {
  const { stamp } = state
  if (stamp === undefined || stamp.rejected) return 0
  // A renewal is under way, or will be without being asked: there is nothing to ask for.
  if (state.busy || policy.keepWarm) return stamp.lapsesAt
  const pausedUntil = Math.max(state.trouble?.until ?? 0, state.storeTrouble?.retryAt ?? 0)
  return Math.min(stamp.lapsesAt, Math.max(stamp.dueAt, pausedUntil))
}
