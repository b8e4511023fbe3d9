import type { CallEvent, GuardEvent, TokenEvent } from '@evergrant/core'
import {
  type Anomaly,
  type AnomalyState,
  type AnomalyThresholds,
  type AnomalyType,
  anomalyThresholds,
  lookForAnomalies,
  NOTHING_SEEN,
} from '@evergrant/core/anomalies'

/** What a watch can be told of. */
export type WatchedEvent = TokenEvent | CallEvent | GuardEvent

export interface AnomalyWatchOptions {
  /** Numbers that differ from the defaults. */
  readonly thresholds?: Partial<AnomalyThresholds>
  /** Hears of every anomaly: a log, a metric, a webhook. What it throws changes nothing. */
  readonly onAnomaly?: (anomaly: Anomaly) => void
  /** The machine that uses the keys, where an event does not come with another. Absent: not known. */
  readonly host?: string
  /** Most keys to remember; the one seen longest ago goes first. 1,000 by default. */
  readonly keysMax?: number
}

/** Whose key an event is about, and where it happened, where the event and the watch do not know. */
export interface SeenWhere {
  /** The name of the key. By default that of the event's grant, or `unknown` for an event of a call. */
  readonly key?: string
  readonly host?: string
}

/** Looks for what should not happen. Holds no connection and no timer: there is nothing to close. */
export interface AnomalyWatch {
  /** Looks at an event, of this process or of another one. */
  readonly see: (event: WatchedEvent, where?: SeenWhere) => void
  /** How often each kind of anomaly was told; a kind that never was is absent. */
  counts(): Readonly<Partial<Record<AnomalyType, number>>>
}

const UNKNOWN = 'unknown'

/**
 * Looks for anomalies in whatever it is told of any number of keys: the way to watch a fleet, whose processes send
 * their events along. For the source of one process see {@link watchAnomalies}.
 *
 * Throws an `EvergrantError` of code `invalid_option` for a threshold that is out of its range.
 */
export function anomalyWatch(options: AnomalyWatchOptions = {}): AnomalyWatch {
  const { onAnomaly, host: ownHost, keysMax = 1_000 } = options
  const thresholds = anomalyThresholds(options.thresholds)
  const states = new Map<string, AnomalyState>()
  const counts: Partial<Record<AnomalyType, number>> = {}

  function see(event: WatchedEvent, where: SeenWhere = {}): void {
    const { key = 'grant' in event ? event.grant : UNKNOWN, host = ownHost } = where
    const sighting = host === undefined ? { event } : { event, host }
    const { state, anomalies } = lookForAnomalies(states.get(key) ?? NOTHING_SEEN, key, sighting, thresholds)
    states.delete(key)
    states.set(key, state)
    if (states.size > keysMax) states.delete(states.keys().next().value as string)
    for (const anomaly of anomalies) tell(anomaly)
  }

  function tell(anomaly: Anomaly): void {
    counts[anomaly.type] = (counts[anomaly.type] ?? 0) + 1
    try {
      onAnomaly?.(anomaly)
    } catch {
      // A listener is a guest: what it throws must not fail a call.
    }
  }

  return { see, counts: () => ({ ...counts }) }
}

/** A source of events about one key: every `TokenSource` is one. */
export interface WatchedSource {
  on(listener: (event: TokenEvent) => void): () => void
}

/** The watch of one source, until it is ended. */
export interface SourceWatch extends AnomalyWatch {
  end(): void
}

/**
 * Looks for anomalies in what happens to a source, and in the calls made with its tokens: give `see` as `onEvent` to
 * `authorizedFetch` and `callGuard`.
 *
 * Throws an `EvergrantError` of code `invalid_option` for a threshold that is out of its range.
 */
export function watchAnomalies(
  source: WatchedSource,
  options: Omit<AnomalyWatchOptions, 'keysMax'> = {},
): SourceWatch {
  const { onAnomaly } = options
  // All events are about one key, whose name comes with the first event that has it.
  let name = UNKNOWN
  const watch = anomalyWatch({ ...options, onAnomaly: anomaly => onAnomaly?.({ ...anomaly, key: name }) })
  const see = (event: WatchedEvent, where: SeenWhere = {}) => {
    name = where.key ?? ('grant' in event ? event.grant : name)
    watch.see(event, { ...where, key: UNKNOWN })
  }
  return { see, counts: watch.counts, end: source.on(event => see(event)) }
}
