import type {
  Clock,
  GrantCommand,
  GrantFact,
  GrantPolicy,
  GrantReport,
  Outcome,
  RuntimeReport,
  Store,
  Transport,
} from '@evergrant/core'
import type { ClientGate } from './client-gate.ts'
import type { RevocableGrant, Revoker } from './token-revocation.ts'

/** What all sessions of a runtime share. */
export interface Surroundings {
  readonly store: Store
  readonly transport: Transport
  readonly clock: Clock
  /** A number of [0, 1). */
  readonly random: () => number
}

/** What the effects of one grant are carried out with, and where their results go. */
export interface EffectShell extends Pick<RevocableGrant, 'tokenSets' | 'atRest' | 'command'> {
  readonly key: string
  readonly policy: GrantPolicy
  readonly surroundings: Surroundings
  readonly gate: ClientGate
  readonly now: number
  /** Revokes tokens; `undefined` where they are left to end by themselves. */
  readonly revoker: Revoker | undefined
  /** Nothing that is still under way matters any more. */
  readonly closed: boolean
  /** Functions that end the waits for what is under way. */
  readonly deadlines: Set<() => void>
  /** Ends the wake-up that was asked for; `undefined` when there is none. */
  cancelWake: (() => void) | undefined
  /** Whether a subscription stands or is on its way. */
  subscribing: boolean
  /** Ends the subscription to changes; `undefined` when there is none. */
  unsubscribe: (() => Promise<void>) | undefined
  /** Whether an answer to operation `op` is still wanted: it is not when a command has overtaken it. */
  awaits(op: number): boolean
  dispatch(event: GrantCommand | GrantFact): void
  reply(waiter: number, outcome: Outcome): void
  emit(report: GrantReport | RuntimeReport): void
}
