import {
  type Abort,
  type Clock,
  EvergrantError,
  fail,
  type GuardEvent,
  type GuardListener,
} from '@evergrant/core'
import {
  admit,
  atLeast,
  type CallEnd,
  type CallGuard,
  type CallLimiter,
  type CallTarget,
  type Circuit,
  type CircuitPolicy,
  CLOSED_CIRCUIT,
  circuitPolicy,
  settled,
  unsettled,
} from '@evergrant/core/calls'
import { sharedClock } from '../system-clock.ts'

export interface CallGuardOptions {
  /** Limits how often each API is called. None by default. */
  readonly limiter?: CallLimiter
  /** Longest wait for the limiter, in ms. 10,000 by default; 0 fails fast. */
  readonly waitMsMax?: number
  /**
   * Which calls share a limit and a circuit. Host and path by default: Baidu limits each API. To limit an account
   * as a whole, give all calls one name.
   */
  readonly apiOf?: (target: CallTarget) => string
  /** When an API counts as down. `false`: never. */
  readonly circuit?: Partial<CircuitPolicy> | false
  /** Most APIs to remember; the one called longest ago goes first. 1,000 by default. */
  readonly apisMax?: number
  readonly onEvent?: GuardListener
  readonly clock?: Clock
}

/** Shorter waits, in ms, are the way to a limit that is shared and back. */
const WAIT_MS_MIN = 10

/** A guard with its memory. */
export interface ApiGuard extends CallGuard {
  /** The circuit of every API that was called lately. */
  explain(): readonly { readonly api: string; readonly circuit: Circuit }[]
}

/**
 * Protects an API, and the quota at it: a limit on the rate of calls, and a circuit that lets calls fail at once
 * while the API is down. Shared by all calls it is given to. Throws `invalid_option` for numbers out of their range.
 */
export function callGuard(options: CallGuardOptions = {}): ApiGuard {
  return new Guard(options)
}

class Guard implements ApiGuard {
  readonly #options: CallGuardOptions
  readonly #policy: CircuitPolicy | undefined
  readonly #clock: Clock
  readonly #waitMsMax: number
  readonly #apisMax: number
  readonly #circuits = new Map<string, Circuit>()

  constructor(options: CallGuardOptions) {
    this.#options = options
    this.#waitMsMax = atLeast('waitMsMax', 0, options.waitMsMax ?? 10_000)
    this.#apisMax = atLeast('apisMax', 1, options.apisMax ?? 1_000)
    this.#policy = options.circuit === false ? undefined : circuitPolicy(options.circuit)
    this.#clock = options.clock ?? sharedClock()
  }

  enter(target: CallTarget, signal?: Abort): Promise<void> | undefined {
    const api = this.#apiOf(target)
    const { limiter } = this.#options
    if (limiter === undefined) return this.#pass(api)
    // Found out first, so that a call that cannot be made takes nobody's turn.
    this.#admission(api)
    return this.#turn(limiter, api, signal)
  }

  leave(target: CallTarget, end: CallEnd): void {
    const api = this.#apiOf(target)
    if (typeof end === 'object' && end.about === 'limit') this.#slowDown(api, end.retryAfterMs ?? 1_000)
    const policy = this.#policy
    if (policy === undefined) return
    const before = this.#circuits.get(api) ?? CLOSED_CIRCUIT
    const ok = typeof end === 'object' ? end.about !== 'server' : end === 'answered'
    // A circuit that was never in trouble needs no memory.
    if ((ok || end === 'untold') && before === CLOSED_CIRCUIT) return
    const at = this.#clock.now()
    const after = end === 'untold' ? unsettled(before, at) : settled(before, ok, at, policy)
    this.#remember(api, after)
    if (end !== 'untold' && after.state === 'open' && before.state !== 'open') {
      this.#emit({ at, api, type: 'circuit.opened', failures: after.failures, until: after.until })
    }
    if (after.state === 'closed' && before.state !== 'closed') this.#emit({ at, api, type: 'circuit.closed' })
  }

  explain(): readonly { readonly api: string; readonly circuit: Circuit }[] {
    return [...this.#circuits].map(([api, circuit]) => ({ api, circuit }))
  }

  async #turn(limiter: CallLimiter, api: string, signal: Abort | undefined): Promise<void> {
    const waitMsMax = this.#waitMsMax
    const askedAt = this.#clock.now()
    try {
      await limiter.admit(api, { waitMsMax, ...(signal && { signal }) })
    } catch (error) {
      const at = this.#clock.now()
      if (EvergrantError.is(error) && error.code === 'rate_limited') {
        this.#emit({ at, api, type: 'limit.refused', retryAfterMs: error.retryAfterMs ?? 0 })
      }
      throw error
    }
    const at = this.#clock.now()
    if (at - askedAt >= WAIT_MS_MIN) this.#emit({ at, api, type: 'limit.waited', waitedMs: at - askedAt })
    return this.#pass(api)
  }

  #pass(api: string): undefined {
    const circuit = this.#admission(api)
    if (circuit === undefined) return undefined
    this.#remember(api, circuit)
    if (circuit.state === 'probe') this.#emit({ at: this.#clock.now(), api, type: 'circuit.probing' })
    return undefined
  }

  /** The circuit as it is when a call is made; `undefined` where there is none. Throws `circuit_open`. */
  #admission(api: string): Circuit | undefined {
    const circuit = this.#circuits.get(api)
    if (circuit === undefined || this.#policy === undefined) return undefined
    const admission = admit(circuit, this.#clock.now(), this.#policy)
    if (admission.admitted) return admission.circuit
    throw new EvergrantError(fail('circuit_open', { retryAfterMs: admission.retryAfterMs }))
  }

  #slowDown(api: string, pauseMs: number): void {
    this.#options.limiter?.slowDown(api, pauseMs)
    this.#emit({ at: this.#clock.now(), api, type: 'limit.exceeded', pauseMs })
  }

  #remember(api: string, circuit: Circuit): void {
    this.#circuits.delete(api)
    if (circuit === CLOSED_CIRCUIT) return
    this.#circuits.set(api, circuit)
    if (this.#circuits.size > this.#apisMax)
      this.#circuits.delete(this.#circuits.keys().next().value as string)
  }

  #apiOf(target: CallTarget): string {
    return this.#options.apiOf?.(target) ?? `${target.hostname}${target.pathname}`
  }

  #emit(event: GuardEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch {
      // A listener is a guest: what it throws must not fail a call.
    }
  }
}
