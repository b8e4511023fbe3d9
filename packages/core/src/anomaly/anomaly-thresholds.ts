import { EvergrantError } from '../failure/evergrant-error.ts'
import { fail } from '../failure/fail.ts'

/** From where on something counts as odd. What is called `…Max` is still normal. */
export interface AnomalyThresholds {
  /** Renewals within one life of the token. 4 by default: one is needed, a rejected token or two are no news. */
  readonly renewalsPerLifeMax: number
  /** The longest life that is reckoned with, in ms. A day by default, however long the token lives. */
  readonly renewalWindowMsMax: number
  /** Up to which age a token that is rejected counts as just won, in ms. A minute by default. */
  readonly freshForMs: number
  /** Rejections of tokens that had just been won, within an hour. 0 by default. */
  readonly freshRejectionsMax: number
  /** Refusals of the credentials in a row. 2 by default. */
  readonly credentialFailuresMax: number
  /**
   * Failure codes that mean the credentials, beyond those of RFC 6749: what a provider has for a wrong key. None by
   * default.
   */
  readonly credentialCodes: readonly string[]
  /** The machines that may use the key. Absent: any may, and one that was not seen before is told. */
  readonly hosts: readonly string[] | undefined
  /** How many machines are remembered; the one seen longest ago is forgotten first. 100 by default. */
  readonly hostsMax: number
  /** The interval in which calls are counted, in ms. A minute by default. */
  readonly rhythmIntervalMs: number
  /** How many times the busiest interval of the past an interval may have. 4 by default. */
  readonly rhythmFactorMax: number
  /** Calls in an interval that are never odd. 100 by default. */
  readonly rhythmCallsMax: number
  /** How long only to learn what is usual, in ms from the first call. An hour by default. */
  readonly rhythmLearningMs: number
  /** After what time a busy interval of the past counts half, in ms. A day by default. */
  readonly rhythmHalfLifeMs: number
  /** How often an API may say that it is called too often, within a minute. 10 by default. */
  readonly limitRefusalsMax: number
  /** Calls that a day may have, every attempt counting. Absent: no such budget is watched. */
  readonly callsPerDayMax: number | undefined
  /** The part of that budget from which on it counts as nearly used. 0.8 by default; 0 to 1. */
  readonly quotaWarnFraction: number
  /** How far the day of the quota is ahead of UTC, in ms. 0 by default; 28,800,000 in China. */
  readonly dayOffsetMs: number
  /** Failure codes by which an API says that the quota is used up. None by default. */
  readonly quotaCodes: readonly string[]
  /** For how long a finding is not told again, in ms; it is counted meanwhile. Ten minutes by default. */
  readonly repeatAfterMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export const ANOMALY_THRESHOLDS: AnomalyThresholds = {
  renewalsPerLifeMax: 4,
  renewalWindowMsMax: DAY_MS,
  freshForMs: MINUTE_MS,
  freshRejectionsMax: 0,
  credentialFailuresMax: 2,
  credentialCodes: [],
  hosts: undefined,
  hostsMax: 100,
  rhythmIntervalMs: MINUTE_MS,
  rhythmFactorMax: 4,
  rhythmCallsMax: 100,
  rhythmLearningMs: HOUR_MS,
  rhythmHalfLifeMs: DAY_MS,
  limitRefusalsMax: 10,
  callsPerDayMax: undefined,
  quotaWarnFraction: 0.8,
  dayOffsetMs: 0,
  quotaCodes: [],
  repeatAfterMs: 10 * MINUTE_MS,
}

/** Numbers that mean nothing when they are 0. */
const POSITIVE: readonly (keyof AnomalyThresholds)[] = [
  'rhythmIntervalMs',
  'rhythmHalfLifeMs',
  'hostsMax',
  'callsPerDayMax',
]
/** Numbers of events that are remembered one by one. */
const REMEMBERED: readonly (keyof AnomalyThresholds)[] = [
  'renewalsPerLifeMax',
  'freshRejectionsMax',
  'limitRefusalsMax',
]
const REMEMBERED_MAX = 10_000

/**
 * Complete thresholds. Throws an `EvergrantError` of code `invalid_option` for a number that is out of
 * its range, and names it.
 */
export function anomalyThresholds(given: Partial<AnomalyThresholds> = {}): AnomalyThresholds {
  const thresholds = { ...ANOMALY_THRESHOLDS, ...given }
  for (const [name, value] of Object.entries(thresholds) as [keyof AnomalyThresholds, unknown][]) {
    if (typeof value !== 'number') continue
    const least = POSITIVE.includes(name) ? 1 : name === 'dayOffsetMs' ? -DAY_MS : 0
    const most =
      name === 'quotaWarnFraction' ? 1 : REMEMBERED.includes(name) ? REMEMBERED_MAX : Number.MAX_SAFE_INTEGER
    if (!(value >= least && value <= most)) {
      const message = `Invalid threshold: ${name} is ${value}, not a number from ${least} to ${most}.`
      throw new EvergrantError(fail('invalid_option', { message }))
    }
  }
  return thresholds
}
