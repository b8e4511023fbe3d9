/**
 * Watches sources for what should not happen.
 *
 * @packageDocumentation
 */
export {
  type Anomaly,
  type AnomalyThresholds,
  anomalyInWords,
  type Sighting,
} from '@evergrant/core/anomalies'
export {
  type AnomalyWatch,
  type AnomalyWatchOptions,
  anomalyWatch,
  type SeenWhere,
  type SourceWatch,
  type WatchedEvent,
  type WatchedSource,
  watchAnomalies,
} from './anomaly-watch.ts'
