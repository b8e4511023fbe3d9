import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import type { ApiFailure } from './resource-server.ts'

/** What there is to know about a request before it is sent again. */
export interface CallTraits {
  /** Whether its body can be sent again: not a stream. */
  readonly replayable: boolean
  /** Whether sending it twice does no more than sending it once (RFC 9110 §9.2.2), or the caller does not mind. */
  readonly repeatable: boolean
}

/** What has happened to a call so far. */
export interface CallProgress {
  /** How often it was sent, 1 or more. */
  readonly attempts: number
  /** Whether it was sent again with another token. */
  readonly renewed: boolean
  /** How long it has paused, in ms. */
  readonly pausedMs: number
}

/** The bounds of a call. All have defaults. */
export interface CallLimits {
  /** How often a call is sent at most, the first time included, not counting the one with another token. 1 or more. */
  readonly attemptsMax: number
  /** Shortest pause before a call is made again, and the base of the exponential backoff, in ms. */
  readonly backoffMinMs: number
  /** Longest pause that a backoff chooses, in ms; what the server asks for may be longer. */
  readonly backoffMaxMs: number
  /** How long all pauses of a call may take together, in ms. Longer ones are left to the caller. */
  readonly pauseMsMax: number
}

export const CALL_LIMITS: CallLimits = {
  attemptsMax: 4,
  backoffMinMs: 250,
  backoffMaxMs: 8_000,
  pauseMsMax: 65_000,
}

/** What to do with an answer. */
export type CallDecision =
  /** Give it to the caller. */
  | { readonly act: 'deliver' }
  /** Reject the token, and make the call again with another one. */
  | { readonly act: 'renew' }
  /** Reject the token, and tell the caller, who alone can make the call again. */
  | { readonly act: 'renew_and_fail'; readonly failure: Failure }
  | { readonly act: 'pause'; readonly ms: number }
  | { readonly act: 'fail'; readonly failure: Failure }

/**
 * What follows from an answer.
 *
 * A rejected token is replaced and the call made again, once; a stream cannot be sent again, so there the token is
 * replaced and the caller told. A second rejection surfaces with its reason. What was turned away before it did
 * anything is made again whatever its method; what may have been carried out, only where that does no harm.
 */
export function decideCall(
  failure: ApiFailure | undefined,
  progress: CallProgress,
  traits: CallTraits,
  limits: CallLimits,
  roll: number,
): CallDecision {
  if (failure === undefined) return { act: 'deliver' }
  if (failure.about === 'token') return onTokenRejected(failure, progress, traits)
  if (mayRepeat(failure, progress, traits, limits)) {
    const ms = pauseMs(failure, progress.attempts, limits, roll)
    if (progress.pausedMs + ms <= limits.pauseMsMax) return { act: 'pause', ms }
  }
  return failure.plain ? { act: 'deliver' } : { act: 'fail', failure }
}

function onTokenRejected(failure: ApiFailure, progress: CallProgress, traits: CallTraits): CallDecision {
  if (progress.renewed) return failure.plain ? { act: 'deliver' } : { act: 'fail', failure }
  if (traits.replayable) return { act: 'renew' }
  return { act: 'renew_and_fail', failure: fail('body_not_replayable') }
}

function mayRepeat(
  failure: ApiFailure,
  progress: CallProgress,
  traits: CallTraits,
  limits: CallLimits,
): boolean {
  if (!traits.replayable || progress.attempts >= limits.attemptsMax) return false
  return failure.about === 'limit' || (failure.about === 'server' && traits.repeatable)
}

/** Exponential backoff with full jitter above a floor, after what the server asks for. */
function pauseMs(failure: ApiFailure, attempts: number, limits: CallLimits, roll: number): number {
  const { backoffMinMs, backoffMaxMs } = limits
  const ceilingMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** attempts)
  const spreadMs = backoffMinMs + Math.floor(roll * Math.max(0, ceilingMs - backoffMinMs))
  return (failure.retryAfterMs ?? 0) + spreadMs
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Whether sending a request of this method twice does no more than sending it once (RFC 9110 §9.2.2). */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method.toUpperCase())
}
