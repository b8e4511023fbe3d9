import {
  EvergrantError,
  type Explanation,
  explain,
  fail,
  type GrantCommand,
  type GrantFact,
  type GrantPolicy,
  type GrantReport,
  type GrantState,
  INITIAL_STATE,
  identityFingerprint,
  type Outcome,
  onAbort,
  type RuntimeReport,
  type Served,
  type TokenListener,
  type TokenSet,
  transition,
} from '@evergrant/core'
import { abortedError } from './aborted-error.ts'
import type { ClientGate } from './client-gate.ts'
import { carryOut } from './effect-handlers.ts'
import type { EffectShell, Surroundings } from './effect-shell.ts'
import { failedInstead } from './failed-instead.ts'
import { type Hot, hotTokenOf } from './hot-token.ts'
import type { Seat } from './seat.ts'
import { spends } from './spends.ts'
import { tellAll } from './tell-all.ts'
import type { Token } from './token.ts'
import type { RevocableGrant, Revoker } from './token-revocation.ts'
import type { Command } from './unnumbered-command.ts'

/**
 * One grant in this process: the state of its machine, the callers who wait, and the effects under way.
 * Shared by all sources of the same identity.
 */
export class Session implements EffectShell, RevocableGrant {
  readonly key: string
  readonly seat: Seat<Session> = { session: this }
  policy: GrantPolicy
  readonly surroundings: Surroundings
  readonly gate: ClientGate
  /** What may be served at once; `undefined` when there is no usable token. */
  hot: Hot | undefined
  /** What callers share who want the same, by the same instant, with nothing having happened in between. */
  together: { readonly until: number; readonly promise: Promise<Token> } | undefined
  /** Revokes tokens; `undefined` where they are left to end by themselves. */
  revoker: Revoker | undefined
  unsubscribe: (() => Promise<void>) | undefined
  subscribing = false
  cancelWake: (() => void) | undefined
  closed = false

  #state: GrantState = INITIAL_STATE
  #fingerprint: string | undefined
  /** Made when first needed: most sessions rest most of the time, and there may be very many of them. */
  #waiting: Map<number, (outcome: Outcome) => void> | undefined
  #listeners: Set<TokenListener> | undefined
  #watchers: Set<() => void> | undefined
  #inbox: (GrantCommand | GrantFact)[] | undefined
  #dispatching = false
  #waiterCount = 0
  #closing = false
  /** Called when nothing is under way any more. */
  #resting: Set<() => void> | undefined
  #deadlines: Set<() => void> | undefined
  /** Ends what keeps the process alive; `undefined` when nothing does. */
  #release: (() => void) | undefined
  /** Whether it was asked to be kept warm for good, rather than while somebody watches. */
  #warm: boolean

  /** `key` is the record's. */
  constructor(key: string, policy: GrantPolicy, surroundings: Surroundings, gate: ClientGate) {
    this.key = key
    this.policy = policy
    this.#warm = policy.keepWarm
    this.surroundings = surroundings
    this.gate = gate
  }

  get now(): number {
    return this.surroundings.clock.now()
  }

  get tokenSets(): { unsaved: TokenSet | undefined; held: TokenSet | undefined } {
    const { pending, stamp } = this.#state
    return { unsaved: pending?.record.tokens, held: stamp?.tokens }
  }

  awaits(op: number): boolean {
    return this.#state.busy && this.#state.op === op
  }

  /** Whether nothing is under way, wanted or unsaved, so that the session may be forgotten. */
  get isIdle(): boolean {
    const { busy, pending, queue } = this.#state
    return !busy && pending === undefined && queue.size === 0 && !this.policy.keepWarm
  }

  /** Feeds the machine. Events that arise while one is being handled wait for their turn. */
  dispatch(event: GrantCommand | GrantFact): void {
    // What ends need not hear of what others have changed: it would look, and be looking when it has to be gone.
    if (this.closed || (this.#closing && event.type === 'record.changed')) return
    if (this.#dispatching) {
      this.#inbox ??= []
      this.#inbox.push(event)
      return
    }
    this.#dispatching = true
    for (let next: typeof event | undefined = event; next !== undefined; next = this.#inbox?.shift()) {
      this.#step(next)
    }
    this.#inbox = undefined
    this.#dispatching = false
    if (this.#deadlines?.size === 0) this.#deadlines = undefined
    if (!this.#isUnderWay) for (const rest of this.#resting ?? []) rest()
    this.#holdWhileNeeded()
  }

  get deadlines(): Set<() => void> {
    this.#deadlines ??= new Set()
    return this.#deadlines
  }

  /** Keeps the process alive while somebody waits or watches, or while a single-use refresh token is being exchanged and saved. */
  #holdWhileNeeded(): void {
    const { busy, pending } = this.#state
    const saving = busy || (pending?.kind === 'tokens' && this.now < pending.serveAt)
    const awaited = this.#waiting !== undefined || this.#isWatched
    const needed = !this.closed && (awaited || (saving && spends(this.policy)))
    if (needed) this.#release ??= this.surroundings.clock.hold?.()
    else this.#letGo()
  }

  #letGo(): void {
    this.#release?.()
    this.#release = undefined
  }

  #step(event: GrantCommand | GrantFact): void {
    const at = this.now
    const roll = this.surroundings.random()
    if (event.type !== 'token.requested') this.together = undefined
    try {
      const { state, effects } = transition(this.#state, { ...event, at, roll }, this.policy)
      const { hot } = this
      this.#state = state
      this.hot = hotTokenOf(state, at, this.policy, this.hot)
      for (const effect of effects) carryOut(this, effect)
      if (this.hot?.token !== hot?.token) this.#rouseWatchers()
    } catch {
      // A defect of this software must not become an unhandled rejection that takes the process down.
      this.emit({ type: 'machine.surprised', phase: this.#state.phase, event: event.type })
      const failed = failedInstead(event)
      if (failed !== undefined) this.dispatch(failed)
    }
  }

  /** Sends a command that is replied to, and returns the promise of the reply. */
  command(command: Command, signal: AbortSignal | undefined): Promise<Served | undefined> {
    const waiter = ++this.#waiterCount
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(new EvergrantError(fail('closed')))
      if (signal?.aborted) return reject(abortedError(signal))
      const abandon = () => {
        this.#takeWaiter(waiter)
        reject(abortedError(signal))
        this.dispatch({ type: 'token.abandoned', waiter })
      }
      const deafen = signal && onAbort(signal, abandon)
      this.#waiting ??= new Map()
      this.#waiting.set(waiter, outcome => {
        deafen?.()
        if (outcome.ok) resolve(outcome.served)
        else reject(new EvergrantError(this.gate.advised(outcome.failure)))
      })
      this.dispatch({ ...command, waiter })
    })
  }

  /** The machine's answer to a waiter. One who has left is not there any more. */
  reply(waiter: number, outcome: Outcome): void {
    this.together = undefined
    this.#takeWaiter(waiter)?.(outcome)
  }

  #takeWaiter(waiter: number): ((outcome: Outcome) => void) | undefined {
    const settle = this.#waiting?.get(waiter)
    this.#waiting?.delete(waiter)
    if (this.#waiting?.size === 0) this.#waiting = undefined
    return settle
  }

  explain(): Explanation {
    return explain(this.#state, this.now, this.policy)
  }

  /** Calls `listener` for every event until the returned function is called. */
  listen(listener: TokenListener): () => void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    return () => this.#listeners?.delete(listener)
  }

  emit(report: GrantReport | RuntimeReport): void {
    if (this.#listeners === undefined || this.#listeners.size === 0) return
    const { identity } = this.policy
    const { provider } = identity
    this.#fingerprint ??= identityFingerprint(identity)
    tellAll(this.#listeners, { at: this.now, provider, grant: this.#fingerprint, ...report })
  }

  /** Renews from now on without being asked. */
  keepWarm(): void {
    this.#warm = true
    this.#setWarmth()
  }

  /**
   * Calls `rouse` whenever another token is held, and when the session closes, and keeps the session warm until
   * the returned function is called.
   */
  watch(rouse: () => void): () => void {
    this.#watchers ??= new Set()
    this.#watchers.add(rouse)
    this.#setWarmth()
    return () => {
      this.#watchers?.delete(rouse)
      this.#setWarmth()
    }
  }

  get #isWatched(): boolean {
    return this.#watchers !== undefined && this.#watchers.size > 0
  }

  #rouseWatchers(): void {
    for (const rouse of this.#watchers ?? []) rouse()
  }

  #setWarmth(): void {
    const keepWarm = !this.#closing && (this.#warm || this.#isWatched)
    if (this.policy.keepWarm === keepWarm && !keepWarm) return
    this.policy = { ...this.policy, keepWarm }
    this.dispatch({ type: 'timer.fired' })
  }

  /**
   * Ends the session: no more effects, and everybody who waits is told. What is under way may come to its end
   * first: for a second, or for as long as it takes to win and save a single-use refresh token.
   */
  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    // Nothing new is begun, even if what is under way shows that it is wanted.
    this.policy = { ...this.policy, keepWarm: false, role: 'follower' }
    const { requestTimeoutMs, commitBudgetMs } = this.policy
    const graceMs = spends(this.policy) ? requestTimeoutMs + commitBudgetMs : CLOSE_GRACE_MS
    if (this.#isUnderWay) await this.atRest(graceMs)
    this.closed = true
    this.seat.session = undefined
    this.hot = undefined
    this.cancelWake?.()
    for (const end of this.#deadlines ?? []) end()
    for (const settle of this.#waiting?.values() ?? []) settle({ ok: false, failure: fail('closed') })
    this.#waiting = undefined
    this.#letGo()
    this.#state = INITIAL_STATE
    this.#rouseWatchers()
    await this.revoker?.close()
    await this.unsubscribe?.()
  }

  /** Whether an answer is outstanding, or something that cannot be had again waits for its next try to be saved. */
  get #isUnderWay(): boolean {
    const { busy, pending } = this.#state
    return busy || (pending !== undefined && spends(this.policy))
  }

  async atRest(ms: number): Promise<void> {
    if (!this.#isUnderWay) return
    await new Promise<void>(resolve => {
      const rest = () => {
        cancel()
        this.#resting?.delete(rest)
        resolve()
      }
      const cancel = this.surroundings.clock.wake(this.now + ms, rest)
      this.#resting ??= new Set()
      this.#resting.add(rest)
    })
  }
}

/** How long `close()` waits for what costs nothing to lose, in ms. */
const CLOSE_GRACE_MS = 1_000
