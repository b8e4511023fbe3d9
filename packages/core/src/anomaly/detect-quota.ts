import { type Detector, recent } from './anomaly-state.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** An API that says again and again that it is called too often. */
export const detectLimits: Detector = (state, { event }, { limitRefusalsMax }) => {
  if (event.type !== 'limit.exceeded') return { state }
  const { at, api } = event
  const limitRefusals = recent(state.limitRefusals, at, MINUTE_MS, limitRefusalsMax + 1)
  const next = { ...state, limitRefusals }
  const refusals = limitRefusals.length
  if (refusals <= limitRefusalsMax) return { state: next }
  const withinMs = at - (limitRefusals[0] ?? at)
  return { state: next, found: { type: 'anomaly.limit_exceeded', api, refusals, withinMs } }
}

/** The calls of a day against their budget: told at the warning and at the end, once a day each. */
export const detectBudget: Detector = (state, { event }, thresholds) => {
  const { callsPerDayMax, quotaWarnFraction, dayOffsetMs } = thresholds
  if (event.type !== 'call.ended' || callsPerDayMax === undefined) return { state }
  const day = Math.floor((event.at + dayOffsetMs) / DAY_MS)
  const before = state.quota !== undefined && state.quota.day >= day ? state.quota : { day, calls: 0 }
  const calls = before.calls + event.attempts
  const next = { ...state, quota: { ...before, calls } }
  const crosses = (mark: number) => before.calls < mark && calls >= mark
  const found = { calls, callsPerDayMax }
  if (crosses(callsPerDayMax)) return { state: next, found: { type: 'anomaly.quota_used', ...found } }
  if (!crosses(callsPerDayMax * quotaWarnFraction)) return { state: next }
  return { state: next, found: { type: 'anomaly.quota_nearly_used', ...found } }
}

/** An API that says that the quota is used up. */
export const detectQuota: Detector = (state, { event }, { quotaCodes }) => {
  if (event.type !== 'call.ended' && event.type !== 'call.paused') return { state }
  const code = event.type === 'call.paused' ? event.code : event.failure?.code
  if (code === undefined || !quotaCodes.includes(code)) return { state }
  return { state, found: { type: 'anomaly.quota_refused', server: event.server, code } }
}
