import { type TelemetryOptions, telemetry } from '@evergrant/otel'
import type { TokenSource } from '@evergrant/runtime'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

type Provider = NonNullable<TelemetryOptions['meterProvider']>

/** The metrics of sources, as text that Prometheus reads. */
export interface PrometheusMetrics {
  text(): Promise<string>
  close(): Promise<void>
}

export function prometheusMetrics(sources: readonly TokenSource[]): PrometheusMetrics {
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  // It would listen on a port of its own; the agent has one already.
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ readers: [exporter] })
  // Its types may be those of another minor version of the API than the ones that the observer was compiled with.
  const observer = telemetry({ meterProvider: meterProvider as Provider })
  for (const source of sources) observer.observe(source)
  return {
    async text() {
      const { resourceMetrics } = await exporter.collect()
      return serializer.serialize(resourceMetrics)
    },
    async close() {
      observer.end()
      await meterProvider.shutdown()
    },
  }
}
