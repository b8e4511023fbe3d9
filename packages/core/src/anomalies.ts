/**
 * What should not happen to a grant, found in the events of many of them.
 *
 * @packageDocumentation
 */
export {
  type Anomaly,
  type AnomalyType,
  anomalyInWords,
  type Finding,
  type Sighting,
} from './anomaly/anomaly.ts'
export { type AnomalyState, NOTHING_SEEN } from './anomaly/anomaly-state.ts'
export {
  ANOMALY_THRESHOLDS,
  type AnomalyThresholds,
  anomalyThresholds,
} from './anomaly/anomaly-thresholds.ts'
export { type Look, lookForAnomalies } from './anomaly/look-for-anomalies.ts'
