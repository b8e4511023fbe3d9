import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { GrantEffect } from './grant-effect.ts'
import type { EventOf, GrantEvent, GrantEventType } from './grant-event.ts'
import type { GrantState } from './grant-state.ts'
import { TRANSITION_TABLE } from './transition-table.ts'
import { beginTurn, report, type Turn } from './turn.ts'

export interface Transition {
  readonly state: GrantState
  readonly effects: readonly GrantEffect[]
}

/**
 * One step of the grant machine. Pure and total: the same state, event and policy give the same result, and
 * every event is answered in every phase, if only by ignoring it.
 */
export function transition(state: GrantState, event: GrantEvent, policy: GrantPolicy): Transition {
  const cell = TRANSITION_TABLE[state.phase][event.type]
  const late = 'op' in event && !(state.busy && event.op === state.op)
  if (late && cell !== 'never') return { state, effects: [] }
  const turn = beginTurn(state, event, policy)
  if (typeof cell === 'string') {
    report(turn, { type: 'machine.surprised', phase: state.phase, event: event.type })
  } else {
    apply(cell, turn, event)
  }
  return { state: turn.state, effects: turn.effects }
}

/** The cell was looked up by the event's own type, which the compiler cannot follow through the union. */
function apply(cell: unknown, turn: Turn, event: GrantEvent): void {
  const handler = cell as (turn: Turn, event: EventOf<GrantEventType>) => void
  handler(turn, event)
}
