import {
  type CallEvent,
  type CallListener,
  type Clock,
  EvergrantError,
  type Failure,
  fail,
} from '@evergrant/core'
import type { CallProgress } from '@evergrant/core/calls'
import type { ApiRequest } from './api-request.ts'

type Told = CallEvent extends infer Each
  ? Each extends CallEvent
    ? Omit<Each, 'at' | 'server' | 'method' | 'hostname' | 'pathname'>
    : never
  : never

/** What has happened to one call, for the next decision and for whoever listens. */
export class CallRecord {
  readonly #server: string
  #request: ApiRequest
  readonly #onEvent: CallListener | undefined
  readonly #clock: Clock
  readonly #startedAt: number
  /** How often it was sent before the attempt that is under way. */
  #attempts = 0
  #renewed = false
  #provenAnew = false
  #pausedMs = 0

  constructor(server: string, request: ApiRequest, onEvent: CallListener | undefined, clock: Clock) {
    this.#server = server
    this.#request = request
    this.#onEvent = onEvent
    this.#clock = clock
    this.#startedAt = onEvent === undefined ? 0 : clock.now()
  }

  /** As of the answer that has just come. */
  get progress(): CallProgress {
    const uncounted = (this.#renewed ? 1 : 0) + (this.#provenAnew ? 1 : 0)
    return { attempts: this.#attempts + 1 - uncounted, renewed: this.#renewed, pausedMs: this.#pausedMs }
  }

  renewed(code: string): void {
    this.#renewed = true
    this.#attempts += 1
    this.#emit({ type: 'call.renewed', code })
  }

  /** Whether it was sent again with another proof of possession. */
  get isProvenAnew(): boolean {
    return this.#provenAnew
  }

  provenAnew(): void {
    this.#provenAnew = true
    this.#attempts += 1
  }

  paused(code: string, pauseMs: number): void {
    this.#attempts += 1
    this.#pausedMs += pauseMs
    this.#emit({ type: 'call.paused', code, pauseMs })
  }

  redirected(request: ApiRequest): void {
    this.#request = request
  }

  ended(status: number): void {
    this.#end(status, undefined)
  }

  failed(error: unknown): void {
    this.#end(undefined, EvergrantError.is(error) ? error : fail('transport_failed'))
  }

  #end(status: number | undefined, failure: Failure | undefined): void {
    if (this.#onEvent === undefined) return
    const tookMs = this.#clock.now() - this.#startedAt
    const attempts = this.#attempts + 1
    this.#emit({ type: 'call.ended', status, attempts, tookMs, ...(failure && { failure }) })
  }

  #emit(told: Told): void {
    const { method, target } = this.#request
    try {
      this.#onEvent?.({
        ...told,
        at: this.#clock.now(),
        server: this.#server,
        method,
        ...target,
      } as CallEvent)
    } catch {
      // A listener is a guest: what it throws must not fail a call.
    }
  }
}
