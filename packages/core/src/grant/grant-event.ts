import type { Failure } from '../failure/failure.ts'
import type { TokenSet } from '../message/token-set.ts'
import type { Entry, Version } from '../ports/store.ts'
import type { Delivery, HttpResponse } from '../ports/transport.ts'

/** When an event happened, and the chance that belongs to it. The core has neither clock nor dice. */
export interface Moment {
  /** Epoch ms of the process's own clock, never less than that of the event before. */
  readonly at: number
  /** A number of [0, 1), for jitter. */
  readonly roll: number
}

/** What somebody wants of the grant. */
export type GrantCommand =
  | {
      readonly type: 'token.requested'
      /** Names the caller in the reply; never used twice. */
      readonly waiter: number
      /** How much life the token must have left, in ms; 0 for "usable now". */
      readonly minValidForMs: number
      /** Epoch ms at which the caller gives up. */
      readonly until: number
      /** Attempt it although an earlier attempt has failed, if for a reason that somebody may have removed since. */
      readonly probe?: boolean
    }
  /** The caller has left (its signal was aborted). The work goes on, the caller gets no reply. */
  | { readonly type: 'token.abandoned'; readonly waiter: number }
  /** A resource server rejected the token of this fingerprint. */
  | { readonly type: 'token.rejected'; readonly fingerprint: string }
  /** A new grant was obtained elsewhere: a flow has ended, an operator imports tokens. Replied to when stored. */
  | {
      readonly type: 'grant.received'
      readonly waiter: number
      readonly tokens: TokenSet
      readonly until: number
    }
  /** The grant shall be forgotten by the whole fleet. Replied to when stored. */
  | { readonly type: 'grant.dropped'; readonly waiter: number; readonly until: number }

/** What has happened. An answer carries the `op` it answers, so that a late one is recognised as stale. */
export type GrantFact =
  | {
      readonly type: 'record.read'
      readonly op: number
      readonly entry: Entry | undefined
      /** Epoch ms at which the operation was sent: the store's answer was given at this instant or later. */
      readonly sentAt: number
    }
  | {
      readonly type: 'record.written'
      readonly op: number
      readonly version: Version
      /** By the store's own clock; absent when it has none. */
      readonly storedAt?: number
      readonly sentAt: number
    }
  | {
      readonly type: 'record.conflicted'
      readonly op: number
      readonly entry: Entry | undefined
      readonly sentAt: number
    }
  /** A hint that the stored record may have changed: to this version, or, without one, to anything. */
  | { readonly type: 'record.changed'; readonly version?: Version }
  | { readonly type: 'store.failed'; readonly op: number }
  | {
      readonly type: 'response.received'
      readonly op: number
      readonly response: HttpResponse
      /** Epoch ms at which the request was sent: lifetimes count from here. */
      readonly sentAt: number
    }
  | {
      readonly type: 'transport.failed'
      readonly op: number
      readonly failure: Failure
      readonly delivery: Delivery
    }
  | { readonly type: 'timer.fired' }

export type GrantEvent = Moment & (GrantCommand | GrantFact)
export type GrantEventType = (GrantCommand | GrantFact)['type']
/** The event of one type. */
export type EventOf<Type extends GrantEventType> = Extract<GrantEvent, { readonly type: Type }>
