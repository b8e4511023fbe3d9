import type { CallEvent, EvergrantEvent, GuardEvent, TokenEvent } from '@evergrant/core'
import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api'
import * as names from './attribute-names.ts'
import { METRICS, type Metric, type MetricName } from './metric-table.ts'

type NameOf<Kind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never
}[MetricName]

/** From when a renewal counts, and why it was begun. */
interface Begun {
  readonly at: number
  readonly reason: string
}

/** Renewals whose end is awaited; the one begun longest ago is forgotten first. */
const BEGUN_MAX = 10_000

/** Boundaries for what takes milliseconds up to minutes, in s. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Counts events. */
export class EventMeter {
  readonly #counters = new Map<string, Counter>()
  readonly #histograms = new Map<string, Histogram>()
  readonly #perGrant: boolean
  readonly #begun = new Map<string, Begun>()

  constructor(meter: Meter, perGrant: boolean) {
    this.#perGrant = perGrant
    for (const [name, { kind, unit, description }] of Object.entries<Metric>(METRICS)) {
      const options = { unit, description }
      if (kind === 'counter') this.#counters.set(name, meter.createCounter(name, options))
      if (kind === 'histogram') {
        const advice = { explicitBucketBoundaries: SECONDS }
        this.#histograms.set(name, meter.createHistogram(name, { ...options, advice }))
      }
    }
  }

  count(event: EvergrantEvent): void {
    if ('grant' in event) return this.#countToken(event)
    if ('server' in event && 'method' in event) return this.#countCall(event)
    if ('key' in event) {
      const type = event.type.slice('anomaly.'.length)
      return this.#add('evergrant.anomalies', { [names.ANOMALY]: type, ...this.#grant(event.key) })
    }
    if ('api' in event) return this.#countGuard(event)
    if (event.type === 'limiter.unreachable') this.#add('evergrant.limiter.outages', {})
  }

  /** The attribute that names a grant, where grants are told apart. */
  #grant(grant: string): Attributes {
    return this.#perGrant ? { [names.GRANT]: grant } : {}
  }

  #countToken(event: TokenEvent): void {
    const { at, provider, grant } = event
    const about = { [names.PROVIDER]: provider, ...this.#grant(grant) }
    switch (event.type) {
      case 'renewal.started':
        this.#begin(grant, { at, reason: event.reason })
        return
      case 'renewal.succeeded':
        return this.#countRenewal(event, {
          ...about,
          [names.OUTCOME]: 'succeeded',
          [names.REASON]: event.reason,
        })
      case 'renewal.failed': {
        const type = names.errorType(event.failure.code)
        return this.#countRenewal(event, { ...about, [names.OUTCOME]: 'failed', [names.ERROR_TYPE]: type })
      }
      case 'renewal.overtaken':
        return this.#countRenewal(event, { ...about, [names.OUTCOME]: 'overtaken' })
      case 'token.rejected':
        return this.#add('evergrant.token.rejections', { ...about, [names.FRESH]: event.whileFresh })
      case 'store.failed':
        return this.#add('evergrant.store.failures', about)
    }
  }

  #begin(grant: string, begun: Begun): void {
    this.#begun.delete(grant)
    this.#begun.set(grant, begun)
    if (this.#begun.size > BEGUN_MAX) this.#begun.delete(this.#begun.keys().next().value as string)
  }

  #countRenewal({ at, grant }: TokenEvent, about: Attributes): void {
    const begun = this.#begun.get(grant)
    this.#begun.delete(grant)
    const attributes = begun === undefined ? about : { [names.REASON]: begun.reason, ...about }
    this.#add('evergrant.renewals', attributes)
    if (begun !== undefined) this.#record('evergrant.renewal.duration', at - begun.at, attributes)
  }

  #countCall(event: CallEvent): void {
    const { server, method, hostname } = event
    const about = {
      [names.SERVER]: server,
      [names.ADDRESS]: hostname,
      [names.METHOD]: names.knownMethod(method),
    }
    if (event.type !== 'call.ended') {
      const retry = event.type === 'call.renewed' ? 'renewed' : 'paused'
      const type = names.errorType(event.code)
      return this.#add('evergrant.call.retries', { ...about, [names.RETRY]: retry, [names.ERROR_TYPE]: type })
    }
    const { status, failure } = event
    const failed =
      failure === undefined ? (status ?? 0) >= 400 && String(status) : names.errorType(failure.code)
    this.#record('evergrant.call.duration', event.tookMs, {
      ...about,
      ...(status !== undefined && { [names.STATUS]: status }),
      ...(failed !== false && { [names.ERROR_TYPE]: failed }),
    })
  }

  #countGuard(event: GuardEvent): void {
    const about = { [names.API]: event.api }
    switch (event.type) {
      case 'limit.waited':
        return this.#record('evergrant.limiter.wait', event.waitedMs, about)
      case 'limit.refused':
        return this.#add('evergrant.limiter.refusals', about)
      case 'limit.exceeded':
        return this.#add('evergrant.limiter.exceeded', about)
    }
  }

  #add(name: NameOf<'counter'>, attributes: Attributes): void {
    this.#counters.get(name)?.add(1, attributes)
  }

  #record(name: NameOf<'histogram'>, ms: number, attributes: Attributes): void {
    this.#histograms.get(name)?.record(Math.max(0, ms) / 1_000, attributes)
  }
}
