import type { Random } from './random.ts'

/** Everything that can go wrong in a simulated world. */
export const FAULTS = {
  crash: 'a process is gone, between any two steps, and its callers with it',
  close: 'a process is closed in good order, and another started in its place',
  pause: 'a process stands still while everything else goes on, as after SIGSTOP',
  sleep: 'a machine sleeps: its monotonic clock and its timers stand still, its wall clock does not',
  skew: 'the clock of a machine is up to five minutes wrong from the beginning',
  clock_forward: 'the wall clock of a machine is set forward',
  clock_back: 'the wall clock of a machine is set back',
  secret_late: 'the client secret takes its time to be read',
  caller_leaves: 'a caller gives up by its signal',

  store_stalled: 'a store operation is never carried out and never answered',
  store_failed: 'a store operation fails and has done nothing',
  store_applied: 'a write is applied and reported as failed',
  store_unanswered: 'a write is applied and never answered',
  store_slow: 'the answer of the store is late, perhaps later than anybody waits for it',
  store_late: 'a store operation is carried out long after it was asked for',
  store_cut_off: 'one process, or all of them, cannot reach the store for a while',
  record_flushed: 'the store loses everything',
  record_evicted: 'the store loses one record',
  record_rolled_back: 'the store is back at an older record, as after a failover',
  record_garbled: 'the stored bytes are replaced by garbage, or by the record of another grant',
  record_newer: 'the stored bytes are replaced by a record of a later version, for a while',

  hint_lost: 'a change is not told',
  hint_late: 'a change is told late',
  hint_twice: 'a change is told twice',
  hint_false: 'a change is told that never was',
  subscription_failed: 'the store refuses a subscription',
  subscription_silent: 'a subscription stands and tells nothing any more',

  request_unsent: 'the token endpoint cannot be connected to',
  request_lost: 'a token request is lost on its way',
  request_twice: 'a token request reaches the server twice, and one of the two answers is lost',
  response_lost: 'the answer of the token endpoint is lost: the connection breaks, or nothing comes',
  response_late: 'the answer comes when the client has given up',
  response_slow: 'the answer takes nearly as long as the client waits',
  response_garbled: 'the answer arrives as something that is no answer',
  gateway_failed: 'a gateway answers 502 or 504 although the server has done its work',

  endpoint_busy: 'the token endpoint answers 503 or 429, with or without Retry-After',
  endpoint_broken: 'the token endpoint answers 500 and has done nothing',
  endpoint_down: 'the token endpoint is out of order for a while',
  client_refused: 'the token endpoint refuses the client for a while',
  token_revoked: 'an access token is revoked before it expires',
  grant_revoked: 'the user takes the grant back',
  api_refuses: 'the resource server rejects every token for a while',
} as const

export type FaultKind = keyof typeof FAULTS

export const FAULT_KINDS: readonly FaultKind[] = Object.keys(FAULTS) as FaultKind[]

/** Which faults a world knows, how often they strike, and how often they did. */
export class FaultPlan {
  /** Whether faults strike at all at present. */
  active = true
  /** The part of store operations and token requests that go wrong. */
  readonly operationRate: number
  /** The part of a process's steps at which something happens to it, the store or the server. */
  readonly stepRate: number
  readonly #kinds: ReadonlySet<FaultKind>
  readonly #counts = new Map<FaultKind, number>()
  readonly #random: Random

  constructor(kinds: Iterable<FaultKind>, operationRate: number, stepRate: number, random: Random) {
    this.#kinds = new Set(kinds)
    this.operationRate = operationRate
    this.stepRate = stepRate
    this.#random = random
  }

  /** How often each kind has struck. */
  get counts(): ReadonlyMap<FaultKind, number> {
    return this.#counts
  }

  knows(kind: FaultKind): boolean {
    return this.#kinds.has(kind)
  }

  /** Notes that a fault has struck. */
  count(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  /** Whether one of these faults strikes an operation, and which. */
  strikeOperation(candidates: readonly FaultKind[]): FaultKind | undefined {
    return this.active && this.#random.chance(this.operationRate) ? this.#choose(candidates) : undefined
  }

  /** Whether one of these faults strikes at this step of a process, and which. */
  strikeStep(candidates: readonly FaultKind[]): FaultKind | undefined {
    return this.active && this.#random.chance(this.stepRate) ? this.#choose(candidates) : undefined
  }

  #choose(candidates: readonly FaultKind[]): FaultKind | undefined {
    const known = candidates.filter(kind => this.#kinds.has(kind))
    return known[this.#random.below(known.length)]
  }
}
