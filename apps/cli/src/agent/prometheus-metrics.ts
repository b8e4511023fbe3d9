import { type TelemetryOptions, telemetry } from '@evergrant/otel'
import type { TokenSource } from '@evergrant/runtime'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics'

type Provider = NonNullable<TelemetryOptions['meterProvider']>

/** The label of every series that holds the name of its grant in the agent: two grants of one application differ in nothing else. */
const NAME = 'evergrant.name'

/** The metrics of sources, as text that Prometheus reads. */
export interface PrometheusMetrics {
  text(): Promise<string>
  close(): Promise<void>
}

export function prometheusMetrics(
  grants: readonly { readonly name: string; readonly source: TokenSource }[],
): PrometheusMetrics {
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  const meters = grants.map(({ name, source }) => meterOf(name, source))
  return {
    async text() {
      const collected = await Promise.all(meters.map(meter => meter.collect()))
      const [first] = collected
      return first === undefined ? '' : serializer.serialize(together(first, collected))
    },
    async close() {
      await Promise.all(meters.map(meter => meter.close()))
    },
  }
}

/** What measures one grant, and names it in each series. */
function meterOf(name: string, source: TokenSource) {
  // It would listen on a port of its own; the agent has one already.
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const naming = { process: (attributes: object) => ({ ...attributes, [NAME]: name }) }
  const meterProvider = new MeterProvider({
    readers: [exporter],
    views: [{ instrumentName: '*', attributesProcessors: [naming] }],
  })
  // Its types may be those of another minor version of the API than the ones that the observer was compiled with.
  const observer = telemetry({ meterProvider: meterProvider as Provider })
  observer.observe(source)
  return {
    collect: async () => (await exporter.collect()).resourceMetrics,
    close() {
      observer.end()
      return meterProvider.shutdown()
    },
  }
}

/** The series of all grants, those of a metric together: Prometheus takes each metric once. */
function together(first: ResourceMetrics, collected: readonly ResourceMetrics[]): ResourceMetrics {
  const scopes = collected.flatMap(({ scopeMetrics }) => scopeMetrics)
  const [scope] = scopes
  if (scope === undefined) return first
  const byName = new Map<string, MetricData[]>()
  for (const metric of scopes.flatMap(({ metrics }) => metrics)) {
    const { name } = metric.descriptor
    byName.set(name, [...(byName.get(name) ?? []), metric])
  }
  const metrics = [...byName.values()].flatMap(same => {
    const dataPoints = same.flatMap<unknown>(metric => metric.dataPoints)
    // All of one name are of one kind.
    return same.slice(0, 1).map(metric => ({ ...metric, dataPoints }) as MetricData)
  })
  return { ...first, scopeMetrics: [{ ...scope, metrics }] }
}
