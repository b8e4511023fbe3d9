import type { AnomalyType, Finding, Sighting } from './anomaly.ts'
import type { AnomalyThresholds } from './anomaly-thresholds.ts'

/** What is remembered of one key in order to tell what is odd. A plain value of bounded size. */
export interface AnomalyState {
  /** When the token was renewed lately, oldest first. */
  readonly renewals: readonly number[]
  /** The newest token that was won; `undefined` while none was seen. */
  readonly newest: { readonly generation: number; readonly wonAt: number } | undefined
  /** When tokens were rejected that had just been won, oldest first. */
  readonly freshRejections: readonly number[]
  /** How often the token endpoint has refused the credentials in a row. */
  readonly endpointRefusals: number
  /** How often APIs have refused the credentials in a row. */
  readonly apiRefusals: number
  /** Machines that have used the key, those seen last at the end. */
  readonly hosts: readonly string[]
  /** Calls, interval by interval; `undefined` before the first. */
  readonly rhythm: Rhythm | undefined
  /** When APIs said that they were called too often, oldest first. */
  readonly limitRefusals: readonly number[]
  /** Calls of the present day; `undefined` before the first. */
  readonly quota: { readonly day: number; readonly calls: number } | undefined
  /** What was told lately. */
  readonly told: readonly Told[]
}

/** How many calls there are in an interval, and were in those before. */
export interface Rhythm {
  /** When the first call was seen. */
  readonly sinceAt: number
  /** The number of the present interval, counted from the epoch. */
  readonly index: number
  readonly calls: number
  /** The most calls of any interval before, halved with every half-life. */
  readonly usualCalls: number
}

/** A finding that is not told again for a while. */
export interface Told {
  readonly type: AnomalyType
  /** What tells it from another finding of its type: a machine, a code; empty where there is one only. */
  readonly subject: string
  readonly at: number
  /** How often it was found again and not told. */
  readonly untold: number
}

export const NOTHING_SEEN: AnomalyState = {
  renewals: [],
  newest: undefined,
  freshRejections: [],
  endpointRefusals: 0,
  apiRefusals: 0,
  hosts: [],
  rhythm: undefined,
  limitRefusals: [],
  quota: undefined,
  told: [],
}

/** What is remembered after a sighting, and what is odd about it. */
export interface Noted {
  readonly state: AnomalyState
  readonly found?: Finding
}

/** Looks at sightings for one thing. Returns the state itself where there is nothing to note. */
export type Detector = (state: AnomalyState, sighting: Sighting, thresholds: AnomalyThresholds) => Noted

/** The instants within `windowMs` before `at`, and `at` itself; the latest `most` of them. */
export function recent(
  instants: readonly number[],
  at: number,
  windowMs: number,
  most: number,
): readonly number[] {
  return [...instants.filter(instant => instant > at - windowMs), at].slice(-most)
}
