import type { CallEvent } from '../events/call-event.ts'
import type { GuardEvent } from '../events/guard-event.ts'
import type { TokenEvent } from '../events/token-event.ts'
import { inWords } from '../grant/describe.ts'

/** Something that was seen of a key: an event, and where it happened. */
export interface Sighting {
  readonly event: TokenEvent | CallEvent | GuardEvent
  /** The machine that used the key. Absent where that is not known: nothing is judged by it then. */
  readonly host?: string
}

/** What is odd about a sighting. */
export type Finding =
  /** The token was renewed more often than its life explains. */
  | {
      readonly type: 'anomaly.renewals_excessive'
      readonly renewals: number
      readonly withinMs: number
      /** Life of the newest token, in ms; `Infinity` for one without end. */
      readonly lifeMs: number
    }
  /** A resource server has rejected tokens that had just been won. */
  | {
      readonly type: 'anomaly.fresh_token_rejected'
      readonly rejections: number
      readonly generation: number
    }
  /** The server has refused the credentials themselves several times in a row. */
  | {
      readonly type: 'anomaly.credentials_failing'
      readonly failures: number
      readonly code: string
      readonly by: 'token_endpoint' | 'api'
    }
  /** The key was used on a machine that is not on the list, or that it was not used on before. */
  | {
      readonly type: 'anomaly.host_unexpected'
      readonly host: string
      readonly because: 'not_listed' | 'first_seen'
    }
  /** Far more calls in one interval than in any before. */
  | {
      readonly type: 'anomaly.rhythm_unexpected'
      readonly calls: number
      /** The most calls in one interval of the past, the distant past counting less. */
      readonly usualCalls: number
      readonly intervalMs: number
    }
  /** An API has said again and again that it is called too often. */
  | {
      readonly type: 'anomaly.limit_exceeded'
      readonly api: string
      readonly refusals: number
      readonly withinMs: number
    }
  /** Most of the calls that a day may have are made, or all of them. */
  | {
      readonly type: 'anomaly.quota_nearly_used' | 'anomaly.quota_used'
      readonly calls: number
      readonly callsPerDayMax: number
    }
  /** An API has said that its quota is used up. */
  | { readonly type: 'anomaly.quota_refused'; readonly server: string; readonly code: string }
  /** As many token requests were made as an hour may have; there are none until it is over. */
  | { readonly type: 'anomaly.token_requests_stopped'; readonly until: number }

/** Something that should not happen, and did. Holds no token, secret, client id, query or body. */
export type Anomaly = Finding & {
  /** Epoch ms of the event that showed it. */
  readonly at: number
  /** The name of the key that it is about: the short name of its grant, unless the watch was told another. */
  readonly key: string
  /** How often it was found since it was told last, this time included. 1 or more. */
  readonly times: number
}

export type AnomalyType = Finding['type']

/** An anomaly in one English sentence, fit for a log. */
export function anomalyInWords(anomaly: Anomaly): string {
  const again = anomaly.times > 1 ? ` Found ${anomaly.times} times since it was told last.` : ''
  return `Key ${anomaly.key}: ${sentence(anomaly)}${again}`
}

function sentence(found: Finding): string {
  switch (found.type) {
    case 'anomaly.renewals_excessive':
      return `renewed ${found.renewals} times within ${inWords(found.withinMs)} (life of its token: ${inWords(found.lifeMs)}).`
    case 'anomaly.fresh_token_rejected':
      return `token ${found.generation} was rejected right after it was won, ${found.rejections} such rejections within the hour.`
    case 'anomaly.credentials_failing':
      return `its credentials were refused ${found.failures} times in a row (${found.code}).`
    case 'anomaly.host_unexpected':
      return found.because === 'first_seen'
        ? `used on ${found.host} for the first time.`
        : `used on ${found.host}, which is not on the list.`
    case 'anomaly.rhythm_unexpected':
      return `${found.calls} calls within ${inWords(found.intervalMs)}, where at most ${found.usualCalls} are usual.`
    case 'anomaly.limit_exceeded':
      return `${found.api} was called too often, ${found.refusals} times within ${inWords(found.withinMs)}.`
    case 'anomaly.quota_nearly_used':
    case 'anomaly.quota_used':
      return `${found.calls} of ${found.callsPerDayMax} calls of the day are made.`
    case 'anomaly.quota_refused':
      return `${found.server} says that the quota is used up (${found.code}).`
    case 'anomaly.token_requests_stopped':
      return 'more token requests in an hour than requestsPerHourMax; none is made until it is over.'
  }
}
