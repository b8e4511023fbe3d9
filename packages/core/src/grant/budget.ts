import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { GrantState } from './grant-state.ts'
import { report, type Turn } from './turn.ts'

const HOUR_MS = 3_600_000

/** Counts a token request. The hour begins with the first one after the last hour is over. */
export function countRequest(turn: Turn): void {
  const { state, at } = turn
  const { hour } = state
  const goesOn = hour !== undefined && at < hour.sinceAt + HOUR_MS
  state.hour = goesOn
    ? { ...hour, requests: hour.requests + 1 }
    : { sinceAt: at, requests: 1, reported: false }
}

/** Until when no token request may be made, because those of this hour are spent; `undefined` when one may. */
export function spentUntil(state: GrantState, at: number, policy: GrantPolicy): number | undefined {
  const { hour } = state
  if (hour === undefined || hour.requests < policy.requestsPerHourMax) return undefined
  const until = hour.sinceAt + HOUR_MS
  return at < until ? until : undefined
}

/** The failure of a request that may not be made any more in this hour. */
export function budgetSpent(until: number, at: number): Failure {
  return fail('request_budget_spent', { retryAfterMs: until - at })
}

/** Why no token request may be made now; `undefined` when one may. Reported once in an hour. */
export function overBudget(turn: Turn): Failure | undefined {
  const { state, at, policy } = turn
  const { hour } = state
  const until = spentUntil(state, at, policy)
  if (hour === undefined || until === undefined) return undefined
  const failure = budgetSpent(until, at)
  if (!hour.reported) {
    state.hour = { ...hour, reported: true }
    report(turn, { type: 'renewal.failed', failure, attempts: state.trouble?.attempts ?? 0, until })
  }
  return failure
}
