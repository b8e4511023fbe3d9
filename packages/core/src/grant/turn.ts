import type { Failure } from '../failure/failure.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { Change } from '../ports/store.ts'
import type { GrantEffect, GrantReport, Served } from './grant-effect.ts'
import type { Moment } from './grant-event.ts'
import type { Flight, GrantState, Pending } from './grant-state.ts'
import type { Phase } from './phase.ts'

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] }

/**
 * One transition in the making: a private copy of the state, and the effects so far. Handlers change the copy;
 * nobody outside ever sees it half done.
 */
export interface Turn {
  readonly state: Mutable<GrantState>
  readonly at: number
  readonly roll: number
  readonly policy: GrantPolicy
  readonly effects: GrantEffect[]
}

export function beginTurn(state: GrantState, moment: Moment, policy: GrantPolicy): Turn {
  return { state: { ...state }, at: moment.at, roll: moment.roll, policy, effects: [] }
}

export function report(turn: Turn, what: GrantReport): void {
  turn.effects.push({ type: 'report', report: what })
}

export function replyServed(turn: Turn, waiter: number, served: Served | undefined): void {
  turn.effects.push({ type: 'reply', waiter, outcome: { ok: true, served } })
}

export function replyFailure(turn: Turn, waiter: number, failure: Failure): void {
  turn.effects.push({ type: 'reply', waiter, outcome: { ok: false, failure } })
}

export function startRead(turn: Turn): void {
  turn.state.hinted = false
  turn.effects.push({ type: 'read', op: startOperation(turn, 'reading') })
}

export function startWrite(turn: Turn, phase: 'leasing' | 'committing', change: Change): void {
  turn.effects.push({ type: 'write', op: startOperation(turn, phase), change })
}

export function startRequest(turn: Turn, request: TokenRequest, timeoutMs: number): void {
  const op = startOperation(turn, 'refreshing')
  turn.effects.push({ type: 'request', op, request, timeoutMs, bodyBytesMax: turn.policy.bodyBytesMax })
}

/** Numbers the new operation, so that whatever answers an older one is stale. */
function startOperation(turn: Turn, phase: Phase): number {
  turn.state.phase = phase
  turn.state.busy = true
  turn.state.restUntil = undefined
  turn.state.op += 1
  return turn.state.op
}

/** Nothing is wanted: rests until something happens, or until `restUntil`. */
export function settle(turn: Turn, restUntil: number | undefined): void {
  const { state } = turn
  const unread = state.known === undefined && state.stamp === undefined
  restIn(turn, unread ? 'unread' : 'held', restUntil)
}

/** A token is wanted that cannot be had now: waits until something happens, or until `restUntil`. */
export function waitUntil(turn: Turn, restUntil: number): void {
  restIn(turn, 'waiting', restUntil)
}

function restIn(turn: Turn, phase: Phase, restUntil: number | undefined): void {
  const { state } = turn
  state.restUntil = restUntil
  state.phase = state.pending === undefined ? phase : 'committing'
}

/** The attempt that the outstanding operation belongs to. There is one in every phase that has such operations. */
export function currentFlight(turn: Turn): Flight {
  return present(turn.state.flight)
}

/** What the outstanding write writes. There is something in every `committing` phase. */
export function currentPending(turn: Turn): Pending {
  return present(turn.state.pending)
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('evergrant: the state of a grant contradicts its phase')
  return value
}
