import type { Failure } from '../failure/failure.ts'
import type { Version } from '../ports/store.ts'
import type { GrantRecord, Trouble } from '../record/grant-record.ts'
import type { Barred, RecordClock } from '../record/record-codec.ts'
import type { RenewalReason } from './grant-effect.ts'
import type { Phase } from './phase.ts'
import type { Stamp } from './stamp.ts'
import { NO_WAITERS, type WaiterQueue } from './waiter-queue.ts'

/** What the store was last seen to hold, instants in this process's clock. */
export interface Known {
  /** `undefined`: nothing was stored. */
  readonly version: Version | undefined
  /** `undefined`: nothing, or nothing that decodes to a record of this grant. */
  readonly record: GrantRecord | undefined
  /** Why the bytes must be left as they are; absent: they need not be. */
  readonly barred: Barred | undefined
  /** Its instants are those of its writer's clock, which nobody else can see. */
  readonly inWritersClock: boolean
  readonly readAt: number
  /** The record's age at `readAt` by the store's clock; `undefined` where the store has none. */
  readonly ageMs: number | undefined
  /** When this version was first seen, and how often since: the measure of a lease where the store has no clock. */
  readonly firstSeenAt: number
  readonly sightings: number
}

/**
 * How far the store's clock is ahead of this process's, in ms. The store's answer was given somewhere between
 * the sending and the receiving of an operation, so there are two bounds; whichever shortens a life is used.
 */
interface StoreOffset {
  readonly leastMs: number
  readonly mostMs: number
  /** When that answer came, by this process's clock. */
  readonly learnedAt: number
}

/** One attempt to win tokens, from the intent to the answer. */
export interface Flight {
  /** The number of the lease it runs under; of an unguarded flight, the generation its tokens will claim. */
  readonly fence: number
  /** When the lease was asked for. The lease cannot lapse sooner than `leaseMs` after this. */
  readonly leaseAskedAt: number
  /** When the lease was stored, by the store's clock; `undefined` where it has none. */
  readonly leaseStoredAt: number | undefined
  readonly guarded: boolean
  readonly reason: RenewalReason
  /** The refresh token to present; `undefined` asks with client credentials. */
  readonly refreshToken: string | undefined
  /** Whether presenting it uses it up. */
  readonly spends: boolean
  /** Whether no request can be outstanding that presented this refresh token under an earlier lease. */
  readonly firstUse: boolean
  /** The seed of the record before; that of the lease is the configured one where that is what is presented. */
  readonly seedBefore: string | undefined
}

/** Something that has to get into the store. */
export interface Pending {
  /**
   * - `tokens`: a token set that was won or imported; tried until it lands or is superseded.
   * - `restore`: a token set that the store has lost; dropped as soon as the store holds something newer.
   * - `release`: the end of a lease that won nothing; tried once, for leases lapse by themselves.
   * - `recall`: the same, where the lease announces that a refresh token is presented, and it was not, or in vain: tried
   *   until it lands or somebody else has written, for the announcement would outlast the lease, and the grant would be
   *   lost, or its end not be known.
   * - `drop`: the end of the grant; tried until it lands.
   */
  readonly kind: 'tokens' | 'restore' | 'release' | 'recall' | 'drop'
  readonly record: GrantRecord
  /** Whether it was won under a lease. What was not gives way to whatever fresh tokens the store has. */
  readonly guarded: boolean
  /**
   * The name of the command (a received grant, a drop) that it carries out, which goes before anything that the
   * store holds, unless it is found there: then it has been carried out already. `undefined`: no command.
   */
  readonly command: string | undefined
  /** Whether a drop hands over the tokens that it replaces. */
  readonly discards?: boolean
  /** Epoch ms from which its tokens are served although they are not saved. */
  readonly serveAt: number
  /** When the lease was stored under which it was won, by the store's clock; `undefined` if that is not known. */
  readonly leaseStoredAt: number | undefined
  /** Whose clock the last attempt was written in. */
  readonly clock: RecordClock | undefined
  readonly attempts: number
  readonly retryAt: number
  /** Commands to be replied to when it has landed. */
  readonly commanders: WaiterQueue
  /** Epoch ms until which the store should keep it; `undefined`: no limit is known. */
  readonly retainUntil: number | undefined
}

/** Trouble with the store: how often in a row, and when to try it again. */
export interface StoreTrouble {
  readonly attempts: number
  readonly retryAt: number
}

/** An hour of token requests, against the budget that an hour has. */
interface RequestHour {
  readonly sinceAt: number
  readonly requests: number
  /** Whether it was reported that they are spent. */
  readonly reported: boolean
}

/** The whole state of one grant in one process. A plain value: nothing in it changes in place. */
export interface GrantState {
  readonly phase: Phase
  /** The number of the outstanding operation, or of the last one. */
  readonly op: number
  /** Whether operation `op` has not been answered yet. */
  readonly busy: boolean
  readonly known: Known | undefined
  readonly stamp: Stamp | undefined
  /** The fingerprint of the token that was rejected last while it was not held: the record may have it yet, or again. */
  readonly rejectedUnseen: string | undefined
  /** The rejection that this process, which only follows, has tried to tell the fleet of last. */
  readonly told: { readonly fingerprint: string; readonly at: number } | undefined
  readonly flight: Flight | undefined
  readonly pending: Pending | undefined
  readonly trouble: Trouble | undefined
  readonly storeTrouble: StoreTrouble | undefined
  /** As of the last answer that told the store's time; `undefined` when none has. */
  readonly storeOffset: StoreOffset | undefined
  readonly queue: WaiterQueue
  /** Somebody was served a token that is due: renew it in the background. */
  readonly asked: boolean
  /** Somebody insists on an attempt, whatever is remembered of earlier ones. */
  readonly probing: boolean
  /** The record may have changed since it was read: to this version, or, if `true`, to anything. */
  readonly hinted: boolean | Version
  /** The server says that the grant has ended; not believed before the record was read again. */
  readonly doubt: Failure | undefined
  /** The highest fence ever seen: what is written never falls below it, even after the store lost everything. */
  readonly fenceSeen: number
  /** When tokens were last asked for without the store's protection. */
  readonly unguardedAt: number | undefined
  /** Token requests of the present hour; `undefined` before the first one. */
  readonly hour: RequestHour | undefined
  /** While nothing is outstanding: when to look again, if anything is wanted. */
  readonly restUntil: number | undefined
  /** The wake-up that the shell was last asked for. */
  readonly wakeAt: number | undefined
}

export const INITIAL_STATE: GrantState = {
  phase: 'unread',
  op: 0,
  busy: false,
  known: undefined,
  stamp: undefined,
  rejectedUnseen: undefined,
  told: undefined,
  flight: undefined,
  pending: undefined,
  trouble: undefined,
  storeTrouble: undefined,
  storeOffset: undefined,
  queue: NO_WAITERS,
  asked: false,
  probing: false,
  hinted: false,
  doubt: undefined,
  fenceSeen: 0,
  unguardedAt: undefined,
  hour: undefined,
  restUntil: undefined,
  wakeAt: undefined,
}
