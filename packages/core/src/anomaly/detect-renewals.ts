import { type Detector, recent } from './anomaly-state.ts'

const HOUR_MS = 3_600_000

/** Renewals far more often than the life of the token explains. */
export const detectRenewals: Detector = (state, { event }, thresholds) => {
  if (event.type !== 'renewal.succeeded') return { state }
  const { at, lifeMs, generation } = event
  const { renewalsPerLifeMax, renewalWindowMsMax } = thresholds
  const windowMs = Math.min(lifeMs, renewalWindowMsMax)
  const renewals = recent(state.renewals, at, windowMs, renewalsPerLifeMax + 1)
  const next = { ...state, renewals, newest: { generation, wonAt: at } }
  if (renewals.length <= renewalsPerLifeMax) return { state: next }
  const withinMs = at - (renewals[0] ?? at)
  return {
    state: next,
    found: { type: 'anomaly.renewals_excessive', renewals: renewals.length, withinMs, lifeMs },
  }
}

/** Rejections of tokens that had just been won. */
export const detectFreshRejections: Detector = (state, { event }, thresholds) => {
  if (event.type !== 'token.rejected') return { state }
  const { at, generation, whileFresh } = event
  const { newest } = state
  const justWon = newest?.generation === generation && at - newest.wonAt < thresholds.freshForMs
  if (!whileFresh && !justWon) return { state }
  const { freshRejectionsMax } = thresholds
  const freshRejections = recent(state.freshRejections, at, HOUR_MS, freshRejectionsMax + 1)
  const next = { ...state, freshRejections }
  const rejections = freshRejections.length
  if (rejections <= freshRejectionsMax) return { state: next }
  return { state: next, found: { type: 'anomaly.fresh_token_rejected', rejections, generation } }
}

/** The end of the hourly budget of token requests. */
export const detectStop: Detector = (state, { event }) => {
  if (event.type !== 'renewal.failed' || event.failure.code !== 'request_budget_spent') return { state }
  return { state, found: { type: 'anomaly.token_requests_stopped', until: event.until } }
}
