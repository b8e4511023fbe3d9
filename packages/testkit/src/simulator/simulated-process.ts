import { EvergrantError } from '@evergrant/core'
import type { Issue } from './authorization-server.ts'
import { type Call, type CallOutcome, callText, outcomeText, tokenText } from './call.ts'
import type { Owner, QueuedEvent } from './event-queue.ts'
import type { Machine } from './machine.ts'
import type { Program, ProgramEvent, ProgramSource, ProgramToken } from './program.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { World } from './world.ts'

/** Why callers leave. One for all: the reason that a signal makes by itself costs as much as what happens then. */
const LEFT = new Error('the caller has left')

/** What one call may ask for. */
export interface CallOptions {
  readonly minValidForMs?: number
  readonly timeoutMs?: number
  /** Gives up after this time, by its signal. */
  readonly abandonAfterMs?: number
  /** Called when it has ended, unless its process has ended before. */
  readonly whenEnded?: (call: Call) => void
}

/** A program that runs on a simulated machine, and the callers inside it. */
export class SimulatedProcess implements Owner {
  readonly world: World
  readonly machine: Machine
  readonly name: string
  readonly grants: readonly SimulatedGrant[]
  alive = true
  suspended = false
  /** When it began to be closed, by its running time; nobody in it asks for anything from then on. */
  closingAtMs: number | undefined
  /** Calls that have not ended. */
  readonly calls: Set<Call> = new Set()
  /** Timers that run for it. */
  readonly timers: Set<QueuedEvent> = new Set()
  /** Tokens that its callers have rejected, and at which event. */
  readonly rejected: Map<string, number> = new Map()
  readonly #startedAt: number
  readonly #sources = new Map<SimulatedGrant, ProgramSource>()
  readonly #guarded = new Map<SimulatedGrant, boolean>()
  readonly #watches = new AbortController()
  #program: Program | undefined
  #held: QueuedEvent[] = []
  #heldMs = 0
  #suspendedAt = 0
  #calls = 0

  constructor(world: World, machine: Machine, name: string, grants: readonly SimulatedGrant[]) {
    this.world = world
    this.machine = machine
    this.name = name
    this.grants = grants
    this.#startedAt = world.now
  }

  /** What its program takes for the time. */
  get now(): number {
    return this.#program?.now() ?? this.world.now + this.machine.clockErrorMs
  }

  get clockErrorMs(): number {
    return this.machine.clockErrorMs
  }

  get closing(): boolean {
    return this.closingAtMs !== undefined
  }

  /** How long it has been running, standstills left out. */
  get runningMs(): number {
    const until = this.suspended ? this.#suspendedAt : this.world.now
    return until - this.#startedAt - this.#heldMs
  }

  /** Whether the last request that the program told of runs under a lease. */
  isGuarded(grant: SimulatedGrant): boolean {
    return this.#guarded.get(grant) ?? true
  }

  sourceOf(grant: SimulatedGrant): ProgramSource {
    const source = this.#sources.get(grant)
    if (source === undefined) throw new Error(`${this.name} has no grant ${grant.index}`)
    return source
  }

  // Beginning and end

  run(program: Program, openSource: (grant: SimulatedGrant) => ProgramSource): void {
    this.#program = program
    for (const grant of this.grants) {
      const source = openSource(grant)
      this.#sources.set(grant, source)
      source.on(event => this.#told(grant, event))
    }
  }

  #told(grant: SimulatedGrant, event: ProgramEvent): void {
    if (event.type === 'renewal.started') this.#guarded.set(grant, event.guarded ?? true)
    this.world.note(this, event.type, () => JSON.stringify({ ...event, at: undefined, provider: undefined }))
    this.world.tell('program.told', { process: this, grant, event })
  }

  /** It is gone: nothing reaches it any more, and what it has asked for is nobody's. */
  end(how: 'crash' | 'close'): void {
    this.alive = false
    this.calls.clear()
    this.world.note(this, how)
    this.world.tell('process.ended', { process: this, how })
  }

  /** Ends it in good order. Resolves when its program says so. */
  async close(): Promise<void> {
    this.world.note(this, 'closing')
    this.#watches.abort()
    await this.#program?.close()
  }

  // Standing still

  hold(event: QueuedEvent): void {
    this.#held.push(event)
  }

  suspend(): void {
    this.suspended = true
    this.#suspendedAt = this.world.now
  }

  /** Goes on, with what has arrived in the order of its arrival, or with its timers first. */
  resume(timersFirst: boolean): void {
    if (!this.suspended) return
    this.suspended = false
    this.#heldMs += this.world.now - this.#suspendedAt
    const held = this.#held
    this.#held = []
    const isTimer = (event: QueuedEvent) => this.timers.has(event)
    const inOrder = timersFirst ? [...held.filter(isTimer), ...held.filter(event => !isTimer(event))] : held
    for (const event of inOrder) this.world.release(event)
  }

  // Callers

  token(grant: SimulatedGrant, options: CallOptions = {}): void {
    const { minValidForMs = 0, timeoutMs = grant.numbers.callTimeoutMs, abandonAfterMs } = options
    const source = this.sourceOf(grant)
    const held = source.current()
    const call = this.#begin('token', grant, minValidForMs, timeoutMs, undefined)
    this.world.tell('call.began', { call, held })
    const limits = { timeoutMs, ...(minValidForMs > 0 && { minValidForMs }) }
    const asked =
      abandonAfterMs === undefined
        ? source.token(options.timeoutMs === undefined && minValidForMs === 0 ? undefined : limits)
        : source.token({ ...limits, signal: this.#signalAfter(abandonAfterMs, call) })
    this.#follow(call, asked, options)
  }

  /** A sign-in has brought this: the program takes it over. */
  receive(grant: SimulatedGrant, issue: Issue, refreshToken: string, options: CallOptions = {}): void {
    const { timeoutMs = grant.numbers.callTimeoutMs } = options
    const call = this.#begin('receive', grant, 0, timeoutMs, issue)
    this.world.tell('call.began', { call, held: undefined })
    const expiresAt = this.now + issue.expiresAt - this.world.now
    const tokens = { accessToken: issue.accessToken, expiresAt, refreshToken }
    this.#follow(call, this.sourceOf(grant).receive(tokens, { timeoutMs }), options)
  }

  drop(grant: SimulatedGrant, options: CallOptions = {}): void {
    const { timeoutMs = grant.numbers.callTimeoutMs } = options
    const call = this.#begin('drop', grant, 0, timeoutMs, undefined)
    this.world.tell('call.began', { call, held: undefined })
    this.#follow(call, this.sourceOf(grant).drop({ timeoutMs }), options)
  }

  #begin(
    kind: Call['kind'],
    grant: SimulatedGrant,
    minValidForMs: number,
    timeoutMs: number,
    issue: Issue | undefined,
  ): Call {
    const call: Call = {
      number: ++this.#calls,
      process: this,
      grant,
      kind,
      minValidForMs,
      timeoutMs,
      beganAt: this.world.now,
      beganRunningMs: this.runningMs,
      issue,
      abandoned: false,
      outcome: undefined,
    }
    this.calls.add(call)
    this.world.note(this, 'call', () => callText(call))
    return call
  }

  #signalAfter(ms: number, call: Call): AbortSignal {
    const controller = new AbortController()
    this.world.after(ms, this, () => {
      if (call.outcome !== undefined) return
      call.abandoned = true
      controller.abort(LEFT)
    })
    return controller.signal
  }

  #follow(call: Call, asked: Promise<unknown>, { whenEnded }: CallOptions): void {
    const end = (outcome: CallOutcome) => {
      if (!this.alive) return
      call.outcome = outcome
      this.calls.delete(call)
      this.world.note(this, 'call ended', () => `#${call.number}: ${outcomeText(outcome)}`)
      if (outcome.ok && outcome.token) this.#given(call.grant, outcome.token)
      this.world.tell('call.ended', { call })
      whenEnded?.(call)
    }
    asked.then(
      token => end({ ok: true, token: token as ProgramToken | undefined }),
      (error: unknown) => end({ ok: false, failure: EvergrantError.is(error) ? error : undefined, error }),
    )
  }

  #given(grant: SimulatedGrant, token: ProgramToken): void {
    this.world.tell('token.given', { process: this, grant, token })
  }

  /** A resource server did not accept a token: the program is told. */
  reject(grant: SimulatedGrant, accessToken: string): void {
    this.world.note(this, 'reject', () => accessToken)
    this.rejected.set(accessToken, this.world.events)
    this.world.tell('token.rejected', { process: this, grant, accessToken })
    this.sourceOf(grant).reject(accessToken)
  }

  /** Asks the program what it is doing. */
  explain(grant: SimulatedGrant): void {
    const event = { type: 'explained', at: this.world.now, explanation: this.sourceOf(grant).explain() }
    this.#told(grant, event)
  }

  /** Follows a grant until the process ends. */
  watch(grant: SimulatedGrant): void {
    this.#consume(grant).catch((error: unknown) => {
      if (this.alive && !this.#watches.signal.aborted) {
        this.world.fail('S12', `a watch of ${this.name} ended with ${String(error)}`)
      }
    })
  }

  async #consume(grant: SimulatedGrant): Promise<void> {
    for await (const token of this.sourceOf(grant).watch({ signal: this.#watches.signal })) {
      this.world.note(this, 'watched', () => tokenText(token))
      this.#given(grant, token)
    }
  }
}
