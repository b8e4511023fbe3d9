import type { Detector, Rhythm } from './anomaly-state.ts'
import type { AnomalyThresholds } from './anomaly-thresholds.ts'

/** The use of a key on a machine that is not on the list; where there is no list, on one that is new. */
export const detectHosts: Detector = (state, { host }, { hosts, hostsMax }) => {
  if (host === undefined) return { state }
  if (hosts !== undefined) {
    if (hosts.includes(host)) return { state }
    return { state, found: { type: 'anomaly.host_unexpected', host, because: 'not_listed' } }
  }
  if (state.hosts.at(-1) === host) return { state }
  const isNew = !state.hosts.includes(host)
  const seen = [...state.hosts.filter(other => other !== host), host].slice(-hostsMax)
  const next = { ...state, hosts: seen }
  // The first machine is nothing to compare with.
  if (!isNew || state.hosts.length === 0) return { state: next }
  return { state: next, found: { type: 'anomaly.host_unexpected', host, because: 'first_seen' } }
}

/**
 * Far more calls than in any interval of the past. The past is kept as its peak, which fades: a quiet night does not
 * make the morning odd, and what was told once is usual from then on.
 */
export const detectRhythm: Detector = (state, { event }, thresholds) => {
  if (event.type !== 'call.ended') return { state }
  const { rhythmIntervalMs, rhythmLearningMs, rhythmFactorMax, rhythmCallsMax } = thresholds
  const { at, attempts } = event
  const before = atInterval(state.rhythm, at, thresholds)
  const calls = before.calls + attempts
  const next = { ...state, rhythm: { ...before, calls } }
  const most = Math.max(rhythmCallsMax, rhythmFactorMax * before.usualCalls)
  // Told when it is crossed, once in an interval.
  const crossed = before.calls <= most && calls > most
  if (!crossed || at - before.sinceAt < rhythmLearningMs) return { state: next }
  return {
    state: next,
    found: {
      type: 'anomaly.rhythm_unexpected',
      calls,
      usualCalls: Math.round(before.usualCalls),
      intervalMs: rhythmIntervalMs,
    },
  }
}

/** The rhythm at `at`: with the interval that has passed, if one has, among the past. */
function atInterval(rhythm: Rhythm | undefined, at: number, thresholds: AnomalyThresholds): Rhythm {
  const { rhythmIntervalMs, rhythmHalfLifeMs } = thresholds
  const index = Math.floor(at / rhythmIntervalMs)
  if (rhythm === undefined) return { sinceAt: at, index, calls: 0, usualCalls: 0 }
  // Events of several processes may come a little out of order.
  if (index <= rhythm.index) return rhythm
  const faded = 0.5 ** (((index - rhythm.index) * rhythmIntervalMs) / rhythmHalfLifeMs)
  const usualCalls = Math.max(rhythm.usualCalls, rhythm.calls) * faded
  return { ...rhythm, index, calls: 0, usualCalls }
}
