import type { Failure } from '../failure/failure.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import { budgetSpent, spentUntil } from './budget.ts'
import type { GrantState } from './grant-state.ts'
import { isLeasedElsewhere } from './lease.ts'
import type { Phase } from './phase.ts'
import { isDue, isLapsed } from './stamp.ts'
import { isGated, remembered } from './trouble.ts'

/**
 * What a caller who asks for a token would get.
 *
 * - `serve`: the token that is held; it is fresh.
 * - `serve_and_renew`: the token that is held; it is due, and renewed in the background.
 * - `obtain`: a new token, which the call causes to be requested.
 * - `wait_for_renewal`: the result of what is under way.
 * - `wait_for_lease`: the result of what another process is doing.
 * - `fail_fast`: the failure that is remembered.
 */
export type Decision =
  | 'serve'
  | 'serve_and_renew'
  | 'obtain'
  | 'wait_for_renewal'
  | 'wait_for_lease'
  | 'fail_fast'

/** What a grant is doing and why, in terms a person can act on. Holds no token, secret or client id. */
export interface Explanation {
  /** The instant the explanation is about, epoch ms. */
  readonly at: number
  readonly phase: Phase
  /** What a caller who asked now would get. {@link describe} says it in words. */
  readonly decision: Decision
  /** The token that is held. Absent when there is none. */
  readonly token?: {
    readonly fingerprint: string
    readonly generation: number
    readonly sentAt: number
    readonly dueAt: number
    readonly lapsesAt: number
    readonly expiresAt: number
    readonly lifetime: 'finite' | 'unknown' | 'never'
    readonly scope: readonly string[] | undefined
    readonly rejected: boolean
    readonly saved: boolean
    readonly refreshable: boolean
  }
  /** The failure that is remembered, with the rest of its pause. Absent when a request may be made. */
  readonly failure?: Failure
  /**
   * The failure memory of the token endpoint, in the words of a circuit breaker: `closed` while the last attempt
   * succeeded, `open` during the pause after a failure, `probe` after it: the next request, or the one that is under
   * way, finds out.
   */
  readonly circuit: 'closed' | 'open' | 'probe'
  /** Failed attempts in a row. */
  readonly attempts: number
  /** Whether the store answered last time. */
  readonly storeReachable: boolean
  /** Callers who wait for a token; those of the same millisecond, without wishes of their own, count as one. */
  readonly waiters: number
  /** Epoch ms at which the session acts without being asked; absent when it will not. */
  readonly nextActionAt?: number
}

export function explain(state: GrantState, at: number, policy: GrantPolicy): Explanation {
  const { stamp, trouble } = state
  const failure = rememberedFailure(state, at, policy)
  return {
    at,
    phase: state.phase,
    decision: decisionOf(state, at, policy),
    ...(stamp && {
      token: {
        fingerprint: stamp.fingerprint,
        generation: stamp.generation,
        sentAt: stamp.tokens.sentAt,
        dueAt: stamp.dueAt,
        lapsesAt: stamp.lapsesAt,
        expiresAt: stamp.tokens.expiresAt,
        lifetime: stamp.tokens.lifetime,
        scope: stamp.tokens.scope,
        rejected: stamp.rejected,
        saved: stamp.saved,
        refreshable: stamp.tokens.refreshToken !== undefined,
      },
    }),
    ...(failure && { failure }),
    circuit: circuitOf(state, at),
    attempts: trouble?.attempts ?? 0,
    storeReachable: state.storeTrouble === undefined,
    waiters: state.queue.size,
    ...(state.wakeAt !== undefined && { nextActionAt: state.wakeAt }),
  }
}

function rememberedFailure(state: GrantState, at: number, policy: GrantPolicy): Failure | undefined {
  if (isGated(state.trouble, at)) return remembered(state.trouble, at)
  const until = spentUntil(state, at, policy)
  return until === undefined ? undefined : budgetSpent(until, at)
}

function circuitOf({ trouble, flight }: GrantState, at: number): Explanation['circuit'] {
  if (trouble === undefined) return 'closed'
  return isGated(trouble, at) && flight === undefined ? 'open' : 'probe'
}

function decisionOf(state: GrantState, at: number, policy: GrantPolicy): Decision {
  const { stamp } = state
  if (!isLapsed(stamp, at)) return isDue(stamp, at) ? 'serve_and_renew' : 'serve'
  if (state.busy) return 'wait_for_renewal'
  if (isGated(state.trouble, at)) return 'fail_fast'
  if (isLeasedElsewhere(state.known, policy)) return 'wait_for_lease'
  return spentUntil(state, at, policy) === undefined ? 'obtain' : 'fail_fast'
}
