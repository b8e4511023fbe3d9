import { fail } from '../failure/fail.ts'
import { type Failure, isTerminal } from '../failure/failure.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { Trouble } from '../record/grant-record.ts'
import type { StoreTrouble } from './grant-state.ts'
import { replyFailure, report, type Turn } from './turn.ts'
import { NO_WAITERS, waitersOf } from './waiter-queue.ts'

/** Longest pause between two attempts to reach a store, in ms: stores come back sooner than token endpoints. */
const STORE_BACKOFF_MAX_MS = 5_000

/** Not terminal, for the next token may be good; but its pause is a latch. */
const REJECTED_AGAIN = 'token_rejected_again'

/**
 * The trouble after one more failure. Transient failures back off exponentially with full jitter above a
 * floor, and not before the server's Retry-After; terminal ones latch, and allow one probe per latch period.
 * A delegated grant that has ended stays so until a new grant arrives.
 */
export function nextTrouble(
  previous: Trouble | undefined,
  failure: Failure,
  at: number,
  roll: number,
  policy: GrantPolicy,
): Trouble {
  const attempts = (previous?.attempts ?? 0) + 1
  return { failure, attempts, until: at + pauseMs(failure, attempts, roll, policy) }
}

function pauseMs(failure: Failure, attempts: number, roll: number, policy: GrantPolicy): number {
  if (failure.kind === 'reauthorize' && policy.identity.grantType === 'refresh_token') {
    return Number.POSITIVE_INFINITY
  }
  const told = failure.retryAfterMs ?? 0
  if (isTerminal(failure) || failure.code === REJECTED_AGAIN) return Math.max(told, latchMs(attempts, policy))
  return Math.max(told, jitteredMs(attempts, policy.backoffMaxMs, roll, policy))
}

/** What of a trouble goes into the record: nothing that is wrong with this process alone. */
export function told(own: Trouble | undefined, stored: Trouble | undefined): Trouble | undefined {
  return own === undefined || own.here ? stored : own
}

/** A trouble without an end that only a new grant can bring about: where there is one, it is of the one before. */
export function exceptEnd(trouble: Trouble | undefined): Trouble | undefined {
  return trouble?.until === Number.POSITIVE_INFINITY ? undefined : trouble
}

/** A stored trouble with no longer pause than it could have been given: a foreign clock may be far ahead. */
export function believable(trouble: Trouble, at: number, policy: GrantPolicy): Trouble {
  if (trouble.until === Number.POSITIVE_INFINITY) return trouble
  const longestMs = pauseMs(trouble.failure, trouble.attempts, 1, policy)
  return { ...trouble, until: Math.min(trouble.until, at + longestMs) }
}

/** The pause before a terminal failure is probed: `latchMs`, doubled with every further one. */
function latchMs(attempts: number, policy: GrantPolicy): number {
  return Math.min(policy.latchMaxMs, policy.latchMs * 2 ** (attempts - 1))
}

/** The trouble of a token that was rejected as the one before it was: a pause that grows like a latch. */
export function rejectedAgain(attempts: number, at: number, policy: GrantPolicy): Trouble {
  return { failure: fail(REJECTED_AGAIN), attempts, until: at + latchMs(attempts, policy) }
}

function jitteredMs(attempts: number, maxMs: number, roll: number, policy: GrantPolicy): number {
  const ceilingMs = Math.min(maxMs, policy.backoffMinMs * 2 ** attempts)
  return policy.backoffMinMs + Math.floor(roll * Math.max(0, ceilingMs - policy.backoffMinMs))
}

/** Notes that the store failed, and returns when to try it again. */
export function noteStoreFailure(turn: Turn): number {
  const { state, at, roll, policy } = turn
  const attempts = (state.storeTrouble?.attempts ?? 0) + 1
  const maxMs = Math.min(policy.backoffMaxMs, STORE_BACKOFF_MAX_MS)
  const storeTrouble: StoreTrouble = { attempts, retryAt: at + jitteredMs(attempts, maxMs, roll, policy) }
  state.storeTrouble = storeTrouble
  if (attempts === 1) report(turn, { type: 'store.failed', attempts })
  return storeTrouble.retryAt
}

/** Notes that the store has answered. */
export function noteStoreAnswer(turn: Turn): void {
  if (turn.state.storeTrouble === undefined) return
  turn.state.storeTrouble = undefined
  report(turn, { type: 'store.recovered' })
}

/** Whether a pause after a failure has not passed yet. */
export function isGated(trouble: Trouble | undefined, at: number): trouble is Trouble {
  return trouble !== undefined && at < trouble.until
}

/** The pause that is to be kept now. None is where somebody insists on an attempt and what failed may be mended. */
export function pauseOf({ state, at }: Turn): Trouble | undefined {
  const { trouble, probing } = state
  if (!isGated(trouble, at)) return undefined
  const mendable = trouble.failure.kind === 'configure' || trouble.failure.kind === 'declined'
  return probing && mendable ? undefined : trouble
}

/**
 * Whether callers wait for the end of the pause instead of failing fast: only after the first few transient
 * failures, and only when the server has not asked for more patience than a caller has.
 */
export function isWorthWaiting(trouble: Trouble, at: number, policy: GrantPolicy): boolean {
  return (
    trouble.failure.kind === 'retry' &&
    trouble.attempts <= policy.quickRetriesMax &&
    trouble.until - at <= policy.backoffMinMs * 2 ** (policy.quickRetriesMax + 1)
  )
}

/** The remembered failure as it is told at `at`: with the rest of the pause as `retryAfterMs`. */
export function remembered(trouble: Trouble, at: number): Failure {
  const leftMs = trouble.until - at
  if (!Number.isFinite(leftMs)) return trouble.failure
  return { ...trouble.failure, retryAfterMs: Math.max(0, leftMs) }
}

/** Tells all waiters that the store is out of reach and that this grant cannot do without it. */
export function failForStore(turn: Turn, retryAt: number): void {
  failWaiters(turn, fail('store_unreachable', { retryAfterMs: Math.max(0, retryAt - turn.at) }))
}

/** Ends the wait of all waiters. */
export function failWaiters(turn: Turn, failure: Failure): void {
  for (const { id } of waitersOf(turn.state.queue)) replyFailure(turn, id, failure)
  turn.state.queue = NO_WAITERS
}

/** Notes that nothing but a new grant can help, and returns the failure. */
export function endGrant(turn: Turn, failure: Failure): Failure {
  const { state } = turn
  state.trouble = { failure, attempts: 1, until: Number.POSITIVE_INFINITY }
  report(turn, { type: 'renewal.failed', failure, attempts: 1, until: Number.POSITIVE_INFINITY })
  return failure
}
