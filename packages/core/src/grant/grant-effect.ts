import type { Failure } from '../failure/failure.ts'
import type { TokenSet } from '../message/token-set.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { Change } from '../ports/store.ts'
import type { Phase } from './phase.ts'

/** A token set as it is handed out. */
export interface Served {
  readonly tokens: TokenSet
  /** Counts the token sets of this grant across the fleet; never falls. */
  readonly generation: number
  readonly fingerprint: string
}

/** What a waiter is told: a token; for a command, that it is stored (`undefined`); or why not. */
export type Outcome =
  | { readonly ok: true; readonly served: Served | undefined }
  | { readonly ok: false; readonly failure: Failure }

/** Why a token is requested. */
export type RenewalReason = 'first' | 'due' | 'lapsed' | 'rejected' | 'short_lived'

/** What an observer may know: numbers, names and failures, never a token, a secret or a client id. */
export type GrantReport =
  | {
      readonly type: 'renewal.started'
      readonly fence: number
      readonly reason: RenewalReason
      readonly guarded: boolean
    }
  | {
      readonly type: 'renewal.succeeded'
      readonly generation: number
      readonly reason: RenewalReason
      readonly guarded: boolean
      /** Life of the token from the moment of sending, in ms; `Infinity` for one without end. */
      readonly lifeMs: number
      readonly lifetime: TokenSet['lifetime']
      /** `false` when the answer brought the old token again or one that expires no later. */
      readonly advanced: boolean
    }
  | {
      readonly type: 'renewal.failed'
      readonly failure: Failure
      readonly attempts: number
      /** Epoch ms before which no further attempt is made; `Infinity` when only a new grant helps. */
      readonly until: number
    }
  /** Another session took over the lease, or stored something newer; what this one won was put aside. */
  | { readonly type: 'renewal.overtaken'; readonly fence: number }
  /** A token set that others stored has been taken over. */
  | { readonly type: 'token.adopted'; readonly generation: number }
  | { readonly type: 'token.rejected'; readonly generation: number; readonly whileFresh: boolean }
  /** A token set is served although it could not be saved yet. */
  | { readonly type: 'commit.late'; readonly generation: number }
  | { readonly type: 'grant.received'; readonly generation: number }
  | { readonly type: 'grant.dropped' }
  | { readonly type: 'store.failed'; readonly attempts: number }
  | { readonly type: 'store.recovered' }
  /** A cell of the table that must not be reached was reached: a defect of the runtime or of the core. */
  | { readonly type: 'machine.surprised'; readonly phase: Phase; readonly event: string }

/** What the shell shall do. Operations (`read`, `write`, `request`) are answered by exactly one event each. */
export type GrantEffect =
  | { readonly type: 'read'; readonly op: number }
  | { readonly type: 'write'; readonly op: number; readonly change: Change }
  | {
      readonly type: 'request'
      readonly op: number
      readonly request: TokenRequest
      readonly timeoutMs: number
      readonly bodyBytesMax: number
    }
  /** Replaces the wake-up asked for before; `undefined` cancels it. */
  | { readonly type: 'wake'; readonly at: number | undefined }
  | { readonly type: 'reply'; readonly waiter: number; readonly outcome: Outcome }
  | { readonly type: 'report'; readonly report: GrantReport }
  /** Nobody will use these tokens: the shell may have them revoked. */
  | { readonly type: 'discard'; readonly tokens: TokenSet }
