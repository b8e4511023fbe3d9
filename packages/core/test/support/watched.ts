import {
  type Anomaly,
  type AnomalyState,
  type AnomalyThresholds,
  anomalyThresholds,
  lookForAnomalies,
  NOTHING_SEEN,
  type Sighting,
} from '../../src/anomalies.ts'
import { type CallEvent, fail, type GuardEvent, type TokenEvent } from '../../src/index.ts'

export const START = 1_767_225_600_000
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A key that is watched, and time that passes. */
export class Watched {
  now = START
  state: AnomalyState = NOTHING_SEEN
  readonly anomalies: Anomaly[] = []
  readonly #thresholds: AnomalyThresholds

  constructor(thresholds: Partial<AnomalyThresholds> = {}) {
    this.#thresholds = anomalyThresholds(thresholds)
  }

  see(event: Sighting['event'], host?: string): void {
    const sighting = host === undefined ? { event } : { event, host }
    const { state, anomalies } = lookForAnomalies(this.state, 'the-key', sighting, this.#thresholds)
    this.state = state
    this.anomalies.push(...anomalies)
  }

  get types(): string[] {
    return this.anomalies.map(({ type }) => type)
  }

  renewed(generation: number, lifeMs = HOUR, host?: string): void {
    this.see(
      {
        ...this.#origin,
        type: 'renewal.succeeded',
        generation,
        reason: 'due',
        guarded: true,
        lifeMs,
        lifetime: 'finite',
        advanced: true,
      },
      host,
    )
  }

  refused(code: string): void {
    const failure = { ...fail('invalid_client'), code }
    this.see({ ...this.#origin, type: 'renewal.failed', failure, attempts: 1, until: this.now + 30_000 })
  }

  rejected(generation: number, whileFresh = false): void {
    this.see({ ...this.#origin, type: 'token.rejected', generation, whileFresh })
  }

  called(more: Partial<Extract<CallEvent, { type: 'call.ended' }>> = {}): void {
    this.see({ ...this.#call, type: 'call.ended', status: 200, attempts: 1, tookMs: 20, ...more })
  }

  failed(code: string): void {
    this.called({ failure: { ...fail('rate_limited'), code } })
  }

  paused(code: string): void {
    this.see({ ...this.#call, type: 'call.paused', code, pauseMs: 1_000 })
  }

  guarded(
    event: { type: 'limit.exceeded'; pauseMs: number } | { type: 'circuit.closed' },
    api = 'ocr',
  ): void {
    this.see({ at: this.now, api, ...event } satisfies GuardEvent)
  }

  get #origin(): Pick<TokenEvent, 'at' | 'provider' | 'grant'> {
    return { at: this.now, provider: 'test', grant: 'the-key' }
  }

  get #call(): Pick<CallEvent, 'at' | 'server' | 'method' | 'hostname' | 'pathname'> {
    return { at: this.now, server: 'baidu', method: 'GET', hostname: 'api.example', pathname: '/x' }
  }
}
