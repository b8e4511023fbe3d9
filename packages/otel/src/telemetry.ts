import type { EvergrantEvent, Explanation, TokenListener } from '@evergrant/core'
import type { Circuit } from '@evergrant/core/calls'
import {
  type BatchObservableResult,
  type MeterProvider,
  metrics,
  type Observable,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import * as names from './attribute-names.ts'
import { EventMeter } from './event-meter.ts'
import { METRICS } from './metric-table.ts'
import { RenewalSpans } from './renewal-spans.ts'

export interface TelemetryOptions {
  /** Where metrics go. The global provider by default. */
  readonly meterProvider?: MeterProvider
  /** Where spans go. The global provider by default. */
  readonly tracerProvider?: TracerProvider
  /**
   * Whether metrics tell grants apart, by their short names: a series for each. `true` by default; `false` for many
   * grants, where the remaining life is that of the token that ends first.
   */
  readonly perGrant?: boolean
}

/** A source of tokens, as far as it is observed: every `TokenSource` is one. */
export interface ObservedSource {
  on(listener: TokenListener): () => void
  explain(): Explanation | undefined
}

/** A guard of calls, as far as it is observed: what `callGuard()` makes is one. */
export interface ObservedGuard {
  explain(): readonly { readonly api: string; readonly circuit: Circuit }[]
}

/** Turns what Evergrant tells into metrics and spans. */
export interface Telemetry {
  /**
   * Records what happens to a source, and how long its token lives yet. Observe each grant once. Returns the function
   * that ends it.
   */
  observe(source: ObservedSource): () => void
  /** Records the circuits of a guard. Returns the function that ends it. */
  observeGuard(guard: ObservedGuard): () => void
  /**
   * Records an event. Give it as `onEvent` to `authorizedFetch`, `callGuard` and `redisLimiter`, and as `onAnomaly` to
   * `watchAnomalies`.
   */
  readonly record: (event: EvergrantEvent) => void
  /** Stops observing, and ends the spans of renewals whose end is not known. */
  end(): void
}

const SCOPE = '@evergrant/otel'
/** APIs of a guard whose circuits are told of. */
const APIS_MAX = 1_000
const STATES = ['closed', 'open', 'probe'] as const

/** A series of a gauge that names no grant: the least of all. */
interface Life {
  readonly provider: string
  readonly grant: string
  readonly seconds: number
}

/** What Evergrant does, for OpenTelemetry. No attribute holds a token, a secret, a client id or a query. */
export function telemetry(options: TelemetryOptions = {}): Telemetry {
  const { perGrant = true } = options
  const meter = (options.meterProvider ?? metrics).getMeter(SCOPE)
  const spans = new RenewalSpans((options.tracerProvider ?? trace).getTracer(SCOPE))
  const counts = new EventMeter(meter, perGrant)
  const sources = new Map<ObservedSource, Observed>()
  const guards = new Map<ObservedGuard, Set<string>>()
  const life = meter.createObservableGauge(
    'evergrant.token.remaining_life',
    METRICS['evergrant.token.remaining_life'],
  )
  const circuit = meter.createObservableGauge('evergrant.circuit.state', METRICS['evergrant.circuit.state'])
  const observables = [life, circuit]
  const look = (result: BatchObservableResult) => {
    for (const each of livesOf(sources, perGrant)) {
      result.observe(life, each.seconds, {
        [names.PROVIDER]: each.provider,
        ...(perGrant && { [names.GRANT]: each.grant }),
      })
    }
    for (const [guard, told] of guards) {
      for (const { api, state } of statesOf(guard, told))
        observeState(result, circuit, state, { [names.API]: api })
    }
    if (!perGrant) return
    for (const [source, { provider, grant }] of sources) {
      const state = source.explain()?.circuit
      const about = { [names.PROVIDER]: provider, [names.GRANT]: grant }
      if (state !== undefined && grant !== '') observeState(result, circuit, state, about)
    }
  }
  meter.addBatchObservableCallback(look, observables)

  const record = (event: EvergrantEvent) => {
    counts.count(event)
    if ('grant' in event) spans.hear(event)
  }

  return {
    record,
    observe(source) {
      const observed: Observed = { provider: '', grant: '', stop: () => undefined }
      observed.stop = source.on(event => {
        observed.provider = event.provider
        observed.grant = event.grant
        record(event)
      })
      sources.set(source, observed)
      return () => {
        observed.stop()
        sources.delete(source)
      }
    },
    observeGuard(guard) {
      guards.set(guard, new Set())
      return () => guards.delete(guard)
    },
    end() {
      for (const { stop } of sources.values()) stop()
      sources.clear()
      guards.clear()
      spans.endAll()
      meter.removeBatchObservableCallback(look, observables)
    },
  }
}

/** A source that is observed, and whose it is: known with the first event. */
interface Observed {
  provider: string
  grant: string
  stop: () => void
}

/** How long the tokens live that are held; without grants, the least per provider. */
function livesOf(sources: ReadonlyMap<ObservedSource, Observed>, perGrant: boolean): readonly Life[] {
  const lives = new Map<string, Life>()
  for (const [source, { provider, grant }] of sources) {
    const explanation = source.explain()
    // A grant that is not known yet, and a token without end, have no number.
    if (explanation === undefined || grant === '') continue
    const { at, token } = explanation
    const left = token === undefined || token.rejected ? 0 : Math.max(0, token.expiresAt - at)
    if (!Number.isFinite(left)) continue
    const seconds = left / 1_000
    const series = perGrant ? grant : provider
    const least = lives.get(series)
    if (least === undefined || seconds < least.seconds) lives.set(series, { provider, grant, seconds })
  }
  return [...lives.values()]
}

/**
 * The circuits of a guard, those included that were told of once and are closed by now: an SDK goes on exporting what
 * it heard last.
 */
function statesOf(guard: ObservedGuard, told: Set<string>): readonly { api: string; state: string }[] {
  const states = new Map(guard.explain().map(({ api, circuit }) => [api, circuit.state as string]))
  for (const api of states.keys()) told.add(api)
  for (const api of told) if (!states.has(api)) states.set(api, 'closed')
  for (const api of told) if (told.size > APIS_MAX) told.delete(api)
  return [...states].map(([api, state]) => ({ api, state }))
}

/** One series for each state, as the conventions have it: 1 for the one that it is in. */
function observeState(
  result: BatchObservableResult,
  gauge: Observable,
  current: string,
  about: Record<string, string>,
): void {
  for (const state of STATES) {
    result.observe(gauge, state === current ? 1 : 0, { ...about, [names.CIRCUIT]: state })
  }
}
