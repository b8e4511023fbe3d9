/**
 * What Evergrant does, as OpenTelemetry metrics and spans.
 *
 * Theory of operation: sources, calls, guards, limiters and watches tell events that hold no secret; this package
 * counts them and makes spans of them. It asks a source and a guard how they are whenever metrics are collected. It
 * uses nothing but the API of OpenTelemetry: without an SDK in the process all of it does nothing.
 *
 * @packageDocumentation
 */
export { METRICS, type Metric, type MetricName } from './metric-table.ts'
export {
  type ObservedGuard,
  type ObservedSource,
  type Telemetry,
  type TelemetryOptions,
  telemetry,
} from './telemetry.ts'
export { type TracedOptions, traced } from './traced-transport.ts'
