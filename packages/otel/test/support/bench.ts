import { type EvergrantEvent, type Provider, tolerantProfile } from '@evergrant/core'
import { localStore, type TokenSource, tokenSource } from '@evergrant/runtime'
import {
  jsonResponse,
  type ScriptedTransport,
  scriptedTransport,
  type VirtualClock,
  virtualClock,
} from '@evergrant/testkit'
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { type Telemetry, type TelemetryOptions, telemetry, traced } from '../../src/index.ts'

const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token?tenant=SECRET-tenant',
  clientSecretMethod: 'client_secret_query',
  profile: tolerantProfile,
  policy: {},
}

/** Collects when the test says so. */
class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** One series: its attributes, and its value, or the number and the sum of what it has recorded. */
interface Series {
  readonly attributes: Record<string, unknown>
  readonly value: number
  readonly count?: number
}

export interface Bench {
  readonly clock: VirtualClock
  readonly transport: ScriptedTransport
  readonly source: TokenSource
  readonly telemetry: Telemetry
  readonly tracerProvider: TracerProvider
  readonly events: EvergrantEvent[]
  /** The series of a metric as they are now. */
  read(name: string): Promise<readonly Series[]>
  /** Everything that would be exported, metrics and spans, as text. */
  everything(): Promise<string>
  /** Unit and description of every metric that has series. */
  descriptors(): Promise<Record<string, { unit: string; description: string }>>
  spans(): readonly ReadableSpan[]
}

/** A source on a virtual clock, whose events, requests and calls go to a real SDK. */
export function bench(options: Pick<TelemetryOptions, 'perGrant'> = {}): Bench {
  const clock = virtualClock()
  let tokens = 0
  const transport = scriptedTransport(() =>
    jsonResponse({ access_token: `SECRET-token-${++tokens}`, expires_in: 3_600 }),
  )
  const reader = new Reader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const observer = telemetry({ meterProvider, tracerProvider, ...options })
  const source = tokenSource({
    provider: PROVIDER,
    client: { id: 'SECRET-client-id', secret: 'SECRET-client-secret' },
    random: () => 0.5,
    clock,
    transport: traced(transport, { tracerProvider }),
    store: localStore({ clock }),
  })
  const events: EvergrantEvent[] = []
  source.on(event => events.push(event))
  observer.observe(source)
  const collect = async () => {
    const { resourceMetrics, errors } = await reader.collect()
    if (errors.length > 0) throw errors[0]
    return resourceMetrics.scopeMetrics.flatMap(scope => scope.metrics)
  }
  return {
    clock,
    transport,
    source,
    telemetry: observer,
    tracerProvider,
    events,
    async read(name) {
      const metric = (await collect()).find(({ descriptor }) => descriptor.name === name)
      if (metric === undefined) return []
      const points = metric.dataPoints as readonly DataPoint<number | Histogram>[]
      return points.map(({ attributes, value }) =>
        metric.dataPointType === DataPointType.HISTOGRAM && typeof value === 'object'
          ? { attributes, value: value.sum ?? 0, count: value.count }
          : { attributes, value: value as number },
      )
    },
    async everything() {
      const spans = exporter.getFinishedSpans().map(({ name, attributes, status, events: noted }) => ({
        name,
        attributes,
        status,
        noted,
      }))
      return JSON.stringify([await collect(), spans])
    },
    async descriptors() {
      const metrics = await collect()
      return Object.fromEntries(
        metrics.map(({ descriptor: { name, unit, description } }) => [name, { unit, description }]),
      )
    },
    spans: () => exporter.getFinishedSpans(),
  }
}
