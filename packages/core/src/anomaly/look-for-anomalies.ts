import type { Anomaly, Finding, Sighting } from './anomaly.ts'
import type { AnomalyState, Detector, Told } from './anomaly-state.ts'
import type { AnomalyThresholds } from './anomaly-thresholds.ts'
import { detectCredentials } from './detect-credentials.ts'
import { detectBudget, detectLimits, detectQuota } from './detect-quota.ts'
import { detectFreshRejections, detectRenewals, detectStop } from './detect-renewals.ts'
import { detectHosts, detectRhythm } from './detect-use.ts'

const DETECTORS: readonly Detector[] = [
  detectRenewals,
  detectFreshRejections,
  detectStop,
  detectCredentials,
  detectHosts,
  detectRhythm,
  detectLimits,
  detectBudget,
  detectQuota,
]

/** Findings that are remembered as told; the one told longest ago goes first. */
const TOLD_MAX = 100

/** What is remembered of a key after a sighting, and what has to be told. */
export interface Look {
  readonly state: AnomalyState
  readonly anomalies: readonly Anomaly[]
}

/**
 * Looks at something that was seen of a key. Pure: the same sightings give the same anomalies. A finding is told at
 * once, and then not again for `repeatAfterMs`, while it is counted.
 */
export function lookForAnomalies(
  before: AnomalyState,
  key: string,
  sighting: Sighting,
  thresholds: AnomalyThresholds,
): Look {
  const anomalies: Anomaly[] = []
  let state = before
  for (const detect of DETECTORS) {
    const noted = detect(state, sighting, thresholds)
    state = noted.state
    if (noted.found === undefined) continue
    const { at } = sighting.event
    const { told, times } = tell(state.told, noted.found, at, thresholds.repeatAfterMs)
    state = { ...state, told }
    if (times !== undefined) anomalies.push({ ...noted.found, at, key, times })
  }
  return { state, anomalies }
}

/** How often a finding was found, if it is to be told now. */
function tell(
  told: readonly Told[],
  found: Finding,
  at: number,
  repeatAfterMs: number,
): { told: readonly Told[]; times: number | undefined } {
  const subject = subjectOf(found)
  const isSame = (each: Told) => each.type === found.type && each.subject === subject
  const last = told.find(isSame)
  if (last !== undefined && at - last.at < repeatAfterMs) {
    return {
      told: told.map(each => (each === last ? { ...last, untold: last.untold + 1 } : each)),
      times: undefined,
    }
  }
  const others = told.filter(each => each !== last)
  const now: Told = { type: found.type, subject, at, untold: 0 }
  return { told: [...others, now].slice(-TOLD_MAX), times: (last?.untold ?? 0) + 1 }
}

function subjectOf(found: Finding): string {
  switch (found.type) {
    case 'anomaly.host_unexpected':
      return found.host
    case 'anomaly.credentials_failing':
      return found.by
    case 'anomaly.limit_exceeded':
      return found.api
    case 'anomaly.quota_refused':
      return found.server
    default:
      return ''
  }
}
