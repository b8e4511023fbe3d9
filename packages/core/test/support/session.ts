import {
  type Delivery,
  type Entry,
  type Failure,
  type GrantCommand,
  type GrantEffect,
  type GrantFact,
  type GrantPolicy,
  type GrantPolicyInput,
  type GrantReport,
  type GrantState,
  grantIdentity,
  grantPolicy,
  type HttpResponse,
  INITIAL_STATE,
  type Outcome,
  type Phase,
  type TokenRequest,
  type TokenSet,
  tolerantProfile,
  transition,
} from '../../src/index.ts'
import { FakeServer } from './fake-server.ts'
import { FakeStore } from './fake-store.ts'

export type Operation = Extract<GrantEffect, { op: number }>

/** The true time, shared by everybody. */
export interface World {
  now: number
  readonly store: FakeStore
  readonly server: FakeServer
}

export function world(overrides: Partial<World> = {}): World {
  return { now: 1_700_000_000_000, store: new FakeStore(), server: new FakeServer(), ...overrides }
}

export const CLIENT = grantIdentity({
  provider: 'test',
  tokenEndpoint: 'https://as.example/token',
  clientId: 'client-SECRET-id',
  grantType: 'client_credentials',
})
export const USER = { ...CLIENT, grantType: 'refresh_token' } as const

const BROKEN: Failure = { kind: 'retry', code: 'transport_failed', message: 'broken' }

let holders = 0

/** One process: the machine, and a shell that answers operations only when the test says how. */
export class Session {
  state: GrantState = INITIAL_STATE
  readonly policy: GrantPolicy
  readonly world: World
  readonly replies = new Map<number, Outcome[]>()
  readonly reports: GrantReport[] = []
  readonly edges = new Set<string>()
  /** The operation that waits for its answer. */
  operation: Operation | undefined
  /** Operations that a command has made pointless before they were answered. */
  readonly overtaken: Operation[] = []
  wakeAt: number | undefined
  roll = 0.5
  /** How far this process's clock is from the true one. */
  skewMs = 0
  #sentAt = 0
  #waiters = 0

  constructor(world: World, policy: Partial<GrantPolicyInput> = {}) {
    this.world = world
    this.policy = grantPolicy({
      identity: CLIENT,
      profile: tolerantProfile,
      holder: `session-${++holders}`,
      ...policy,
    })
  }

  get now(): number {
    return this.world.now + this.skewMs
  }

  get phase(): Phase {
    return this.state.phase
  }

  dispatch(what: GrantCommand | GrantFact): void {
    const before = this.state.phase
    const command = what.type === 'grant.received' || what.type === 'grant.dropped'
    if (command) this.abandonOperation()
    const { state, effects } = transition(this.state, { ...what, at: this.now, roll: this.roll }, this.policy)
    this.state = state
    this.edges.add(`${before} ${what.type} ${state.phase}`)
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: GrantEffect): void {
    if (effect.type === 'reply') {
      this.replies.set(effect.waiter, [...(this.replies.get(effect.waiter) ?? []), effect.outcome])
    } else if (effect.type === 'report') {
      this.reports.push(effect.report)
    } else if (effect.type === 'wake') {
      this.wakeAt = effect.at
    } else {
      if (this.operation !== undefined) throw new Error('two operations are outstanding')
      this.operation = effect
      this.#sentAt = this.now
    }
  }

  ask(options: { minValidForMs?: number; timeoutMs?: number; probe?: boolean } = {}): number {
    const waiter = ++this.#waiters
    const { minValidForMs = 0, timeoutMs = 30_000, probe = false } = options
    this.dispatch({ type: 'token.requested', waiter, minValidForMs, until: this.now + timeoutMs, probe })
    return waiter
  }

  receive(tokens: TokenSet): number {
    const waiter = ++this.#waiters
    this.dispatch({ type: 'grant.received', waiter, tokens, until: this.now + 30_000 })
    return waiter
  }

  drop(): number {
    const waiter = ++this.#waiters
    this.dispatch({ type: 'grant.dropped', waiter, until: this.now + 30_000 })
    return waiter
  }

  reject(fingerprint = this.state.stamp?.fingerprint ?? ''): void {
    this.dispatch({ type: 'token.rejected', fingerprint })
  }

  outcome(waiter: number): Outcome | undefined {
    return this.replies.get(waiter)?.[0]
  }

  /** The access token that a waiter was given; throws when it was not. */
  token(waiter: number): string {
    const outcome = this.outcome(waiter)
    if (!outcome?.ok || outcome.served === undefined) throw new Error(`no token: ${JSON.stringify(outcome)}`)
    return outcome.served.tokens.accessToken
  }

  failure(waiter: number): Failure {
    const outcome = this.outcome(waiter)
    if (outcome === undefined || outcome.ok) throw new Error(`no failure: ${JSON.stringify(outcome)}`)
    return outcome.failure
  }

  /** What is outstanding will be answered late, if at all. */
  abandonOperation(): void {
    if (this.operation !== undefined) this.overtaken.push(this.operation)
    this.operation = undefined
  }

  // How the outstanding operation ends

  take(): Operation {
    const { operation } = this
    if (operation === undefined) throw new Error('no operation is outstanding')
    this.operation = undefined
    return operation
  }

  /** The store or the server does its work; the answer is given. */
  answer(): void {
    const operation = this.take()
    const { op } = operation
    if (operation.type === 'read') this.#give(op, this.world.store.read(this.world.now))
    else if (operation.type === 'write') this.#giveWrite(operation)
    else this.respondTo(op, this.world.server.handle(operation.request, this.world.now))
  }

  #give(op: number, entry: Entry | undefined): void {
    this.dispatch({ type: 'record.read', op, entry, sentAt: this.#sentAt })
  }

  #giveWrite(operation: Extract<Operation, { type: 'write' }>): void {
    const result = this.world.store.write(operation.change, this.world.now)
    const { op } = operation
    if (result.written) this.dispatch({ type: 'record.written', op, ...result, sentAt: this.#sentAt })
    else this.dispatch({ type: 'record.conflicted', op, entry: result.entry, sentAt: this.#sentAt })
  }

  respondTo(op: number, response: HttpResponse): void {
    this.dispatch({ type: 'response.received', op, response, sentAt: this.#sentAt })
  }

  /** The token endpoint answers this. */
  respond(response: HttpResponse): void {
    const operation = this.take()
    if (operation.type !== 'request') throw new Error(`a ${operation.type} is outstanding`)
    this.respondTo(operation.op, response)
  }

  /** The store fails; `applied` says whether a write took effect all the same. */
  failStore(applied = false): void {
    const operation = this.take()
    if (operation.type === 'request') throw new Error('a request is outstanding')
    if (applied && operation.type === 'write') this.world.store.write(operation.change, this.world.now)
    this.dispatch({ type: 'store.failed', op: operation.op })
  }

  /** The request fails; with `unknown` and `reached`, the server has seen it. */
  failTransport(delivery: Delivery = 'not_sent', reached = false, failure: Failure = BROKEN): void {
    const operation = this.take()
    if (operation.type !== 'request') throw new Error(`a ${operation.type} is outstanding`)
    if (reached) this.world.server.handle(operation.request, this.world.now)
    this.dispatch({ type: 'transport.failed', op: operation.op, failure, delivery })
  }

  request(): TokenRequest {
    if (this.operation?.type !== 'request') throw new Error(`outstanding: ${this.operation?.type}`)
    return this.operation.request
  }

  /** Answers everything until nothing is outstanding. */
  run(): this {
    for (let steps = 0; this.operation !== undefined; steps++) {
      if (steps > 100) throw new Error('the machine does not come to rest')
      this.answer()
    }
    return this
  }
}

/** Lets true time pass; wake-ups fire on the way, and operations are answered as they come. */
export function pass(ms: number, ...sessions: Session[]): void {
  const [first] = sessions
  if (first === undefined) return
  const { world } = first
  const end = world.now + ms
  for (let steps = 0; ; steps++) {
    if (steps > 10_000) throw new Error('too many wake-ups')
    const due = sessions
      .filter(session => session.wakeAt !== undefined && session.wakeAt - session.skewMs <= end)
      .sort((a, b) => (a.wakeAt as number) - a.skewMs - ((b.wakeAt as number) - b.skewMs))[0]
    if (due === undefined) break
    world.now = Math.max(world.now, (due.wakeAt as number) - due.skewMs)
    due.wakeAt = undefined
    due.dispatch({ type: 'timer.fired' })
    due.run()
  }
  world.now = end
}
