/** A metric: what it is called, what it is, and in what it is counted. Names and units do not change. */
export interface Metric {
  readonly kind: 'counter' | 'histogram' | 'gauge'
  /** A unit of UCUM; a word in braces for things that are counted. */
  readonly unit: string
  readonly description: string
}

/** Every metric of this package, by its name. */
export const METRICS = {
  'evergrant.renewals': {
    kind: 'counter',
    unit: '{renewal}',
    description: 'Renewals of tokens that came to an end, well or not.',
  },
  'evergrant.renewal.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From the token request to its outcome.',
  },
  'evergrant.token.remaining_life': {
    kind: 'gauge',
    unit: 's',
    description:
      'How long the token that is held lives yet; 0 when it has expired or was rejected, or there is none.',
  },
  'evergrant.token.rejections': {
    kind: 'counter',
    unit: '{rejection}',
    description: 'Tokens that a resource server did not accept.',
  },
  'evergrant.store.failures': {
    kind: 'counter',
    unit: '{failure}',
    description: 'Outages of the store, each counted once however long it lasts.',
  },
  'evergrant.circuit.state': {
    kind: 'gauge',
    unit: '1',
    description:
      'Whether a circuit is in this state: 1, or 0. Of APIs, those are told of that were in trouble once.',
  },
  'evergrant.call.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Authorized calls from the beginning to the end, retries and pauses included.',
  },
  'evergrant.call.retries': {
    kind: 'counter',
    unit: '{retry}',
    description: 'Calls that were made again.',
  },
  'evergrant.limiter.wait': {
    kind: 'histogram',
    unit: 's',
    description: 'How long calls waited for their turn, of those that had to.',
  },
  'evergrant.limiter.refusals': {
    kind: 'counter',
    unit: '{call}',
    description: 'Calls that were turned away before they were made.',
  },
  'evergrant.limiter.exceeded': {
    kind: 'counter',
    unit: '{call}',
    description: 'Calls that an API has refused because there were too many.',
  },
  'evergrant.limiter.outages': {
    kind: 'counter',
    unit: '{outage}',
    description: 'Times at which the limit of the fleet could not be asked any more.',
  },
  'evergrant.anomalies': {
    kind: 'counter',
    unit: '{anomaly}',
    description: 'Things that should not happen, and did.',
  },
} as const

export type MetricName = keyof typeof METRICS
