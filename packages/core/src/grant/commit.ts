import { fail } from '../failure/fail.ts'
import type { Entry } from '../ports/store.ts'
import { allCommands, type GrantRecord, isLaterGrant, withCommand } from '../record/grant-record.ts'
import { adopt } from './adopt.ts'
import { discardDropped, discardOvertaken } from './discard.ts'
import type { Known, Pending } from './grant-state.ts'
import { promote } from './outcome.ts'
import { newestRecord, retained, retention } from './renewal.ts'
import { isFresh, knowsBetter, type Stamp, stampOf } from './stamp.ts'
import { encoded } from './store-clock.ts'
import { exceptEnd, noteStoreFailure, told } from './trouble.ts'
import { replyFailure, replyServed, report, startWrite, type Turn } from './turn.ts'
import { keepWaiters, NO_WAITERS, waitersOf } from './waiter-queue.ts'

/** Writes what is pending over what is known. */
export function writePending(turn: Turn, pending: Pending): void {
  const { value, clock } = encoded(turn, pending.record, pending.leaseStoredAt)
  const { known } = turn.state
  turn.state.pending = { ...pending, clock }
  startWrite(turn, 'committing', {
    value,
    // What must be left as it is, if it is still there, makes the store refuse, and show it.
    expected: known?.barred ? undefined : known?.version,
    ...retained(pending.retainUntil),
  })
}

/** The write has landed. */
export function settleCommitted(turn: Turn, pending: Pending, known: Known): void {
  const { state } = turn
  const { record } = pending
  discardDropped(turn, pending, state.known)
  state.known = known
  state.fenceSeen = Math.max(state.fenceSeen, record.fence)
  state.pending = undefined
  if (pending.kind === 'tokens') {
    if (state.stamp?.generation === record.generation) state.stamp = { ...state.stamp, saved: true }
    else promote(turn, record, true)
  }
  if (pending.kind === 'drop') state.trouble = record.trouble
  if (pending.command !== undefined) confirmCommand(turn, pending)
  if (pending.clock === 'writer' && state.storeOffset !== undefined && record.tokens !== undefined) {
    // It could not be written in the store's clock before its answer told it; now it can, unless somebody has
    // begun to build on it.
    state.pending = {
      ...pending,
      kind: 'restore',
      command: undefined,
      commanders: NO_WAITERS,
      retryAt: turn.at,
    }
  }
}

/** Tells those who commanded it that it is done. */
function confirmCommand(turn: Turn, pending: Pending): void {
  const received = pending.kind === 'tokens'
  turn.state.pending = undefined
  report(
    turn,
    received ? { type: 'grant.received', generation: pending.record.generation } : { type: 'grant.dropped' },
  )
  for (const { id } of waitersOf(pending.commanders)) replyServed(turn, id, undefined)
}

/** The store refused the write and showed what it holds. */
export function settleRefused(turn: Turn, pending: Pending, entry: Entry | undefined, sentAt: number): void {
  const { state, policy } = turn
  adopt(turn, entry, sentAt)
  const { known } = state
  const stored = known?.record
  if (known?.barred) return putAside(turn, pending)
  if (pending.command !== undefined && stored?.commands.includes(pending.command)) {
    // Carried out, though the store's answer was lost or said otherwise; and perhaps built upon since.
    return confirmCommand(turn, pending)
  }
  if (known !== undefined && stored !== undefined && isOwnWrite(stored, pending.record, policy.holder)) {
    return settleCommitted(turn, pending, known)
  }
  if (pending.kind === 'recall' && isOwnLease(stored, pending.record, policy.holder)) {
    state.pending = { ...pending, retryAt: turn.at }
    return
  }
  const judged = withStoredRejection(pending, stored)
  if (givesWay(turn, judged, stored)) return putAside(turn, pending)
  // What is about to be dropped is not served again on the way.
  if (pending.kind === 'drop') state.stamp = undefined
  state.pending = renumbered(turn, judged)
}

/** A provider may give a token again, to a session that does not know that others have rejected it. */
function withStoredRejection(pending: Pending, stored: GrantRecord | undefined): Pending {
  const isSame = stored?.tokens?.accessToken === pending.record.tokens?.accessToken
  return isSame && stored?.rejected ? { ...pending, record: { ...pending.record, rejected: true } } : pending
}

/** Whether the stored record is the very one that was to be written. */
function isOwnWrite(stored: GrantRecord, wanted: GrantRecord, holder: string): boolean {
  return (
    stored.writer === holder &&
    stored.fence === wanted.fence &&
    stored.lease === undefined &&
    stored.generation === wanted.generation
  )
}

/** Whether the store holds the lease that is to be recalled, though its answer was lost. */
function isOwnLease(stored: GrantRecord | undefined, wanted: GrantRecord, holder: string): boolean {
  return stored?.lease?.holder === holder && stored.fence === wanted.fence
}

/**
 * Whether the pending record gives way to what the store holds. Commands give way to nothing; releases and
 * repairs to everything; whatever was won with a grant to the one that has taken its place. Won tokens give way
 * to a later holder: one that was overtaken cannot overwrite, unless the other has given up with nothing to show for it.
 * Tokens that were won unguarded give way to fresh ones, and to what others have built on them; if they were rejected,
 * to any.
 */
function givesWay(turn: Turn, pending: Pending, stored: GrantRecord | undefined): boolean {
  if (pending.kind !== 'tokens' && pending.kind !== 'drop') return true
  if (pending.command !== undefined || stored === undefined) return false
  if (isLaterGrant(stored, pending.record.commands)) return true
  const news = stored.generation >= pending.record.generation
  if (pending.guarded) return news || (stored.fence > pending.record.fence && stored.lease !== undefined)
  if (pending.record.rejected || mayBeBuiltOn(pending, stored)) return news
  return news && isFresh(stampOf(stored, true, turn.roll, turn.policy), turn.at)
}

/** Tokens that were rejected before they could be stored are not served again once they are. */
export function rejectPending({ state }: Turn, { tokens }: Stamp): void {
  const { pending } = state
  if (pending?.record.tokens?.accessToken !== tokens.accessToken) return
  state.pending = { ...pending, record: { ...pending.record, rejected: true } }
}

/** Whether the pending tokens were stored, though the answer was lost, or may have been; and others went on from there. */
function mayBeBuiltOn({ record, attempts }: Pending, stored: GrantRecord): boolean {
  if (stored.generation === record.generation)
    return stored.tokens?.accessToken === record.tokens?.accessToken
  return attempts > 0 && stored.generation > record.generation
}

/** The pending record, numbered above everything the store has shown. */
function renumbered(turn: Turn, pending: Pending): Pending {
  const { state, at } = turn
  const stored = state.known?.record
  // Nobody else may have the same number: two tokens of one generation could not be told apart.
  const isTaken = stored?.fence === pending.record.fence || state.fenceSeen > pending.record.fence
  const fence = isTaken ? state.fenceSeen + 1 : pending.record.fence
  const seen = allCommands(pending.record.commands, stored?.commands ?? [])
  const commands =
    pending.command === undefined ? pending.record.commands : withCommand(seen, pending.command)
  state.fenceSeen = fence
  // It goes over what the store holds, and over the trouble in it; but a token that was rejected has ended none, save that
  // with a grant that was received another one has begun.
  const { rejected } = pending.record
  if (pending.command !== undefined) state.trouble = exceptEnd(state.trouble)
  if (!rejected) state.trouble = pending.record.trouble
  const trouble = rejected ? told(state.trouble, pending.record.trouble) : pending.record.trouble
  return {
    ...pending,
    record: { ...pending.record, fence, generation: fence, commands, trouble },
    retryAt: at,
  }
}

function putAside(turn: Turn, pending: Pending): void {
  const { state } = turn
  state.pending = undefined
  if (pending.kind === 'tokens') {
    report(turn, { type: 'renewal.overtaken', fence: pending.record.fence })
    discardOvertaken(turn, pending)
  }
  const barred = state.known?.barred
  if (barred === undefined) return
  for (const { id } of waitersOf(pending.commanders)) replyFailure(turn, id, fail(barred))
}

/** The store did not answer, or with an error: the write may or may not have been applied. */
export function settleUnwritten(turn: Turn, pending: Pending): void {
  const { state } = turn
  const retryAt = noteStoreFailure(turn)
  if (pending.kind === 'release') {
    state.pending = undefined
    return
  }
  state.pending = { ...pending, attempts: pending.attempts + 1, retryAt }
}

/** Tells commanders whose time is up that the store has not taken their command yet; it goes on being tried. */
function tellCommanders(turn: Turn, pending: Pending): void {
  const { state, at } = turn
  const commanders = keepWaiters(pending.commanders, waiter => at < waiter.until)
  if (commanders === pending.commanders) return
  for (const { id, until } of waitersOf(pending.commanders)) {
    if (at >= until) replyFailure(turn, id, fail('store_unreachable'))
  }
  state.pending = { ...pending, commanders }
}

/** Serves tokens that the store has refused for longer than `commitBudgetMs`: the callers come first now. */
export function serveUnsaved(turn: Turn): void {
  const { state, at } = turn
  if (state.pending !== undefined) tellCommanders(turn, state.pending)
  const { pending, stamp } = state
  if (pending === undefined || pending.kind !== 'tokens' || at < pending.serveAt) return
  if (stamp !== undefined && stamp.generation >= pending.record.generation) return
  report(turn, { type: 'commit.late', generation: pending.record.generation })
  promote(turn, pending.record, false)
}

/**
 * Writes a usable generation back that the store has lost, or holds in a clock that others cannot see, so that the fleet
 * does not renew without need and fences do not start again below what is held.
 */
export function restorePending(turn: Turn): Pending {
  const { state, at, policy } = turn
  const record = newestRecord(turn)
  const { stamp } = state
  return {
    kind: 'restore',
    record: {
      ...record,
      tokens: knowsBetter(stamp, record) ? stamp.tokens : record.tokens,
      fence: Math.max(state.fenceSeen, record.generation),
      lease: undefined,
      writer: policy.holder,
    },
    guarded: true,
    command: undefined,
    serveAt: Number.POSITIVE_INFINITY,
    leaseStoredAt: undefined,
    clock: undefined,
    attempts: 0,
    retryAt: at,
    commanders: NO_WAITERS,
    retainUntil: retention(turn),
  }
}

/**
 * Tells the fleet that the token in the record was rejected, and of the pause that follows where it was fresh. What
 * cannot be written is let go of: a follower may have leave to read only.
 */
export function rejectionPending(turn: Turn): Pending {
  const restored = restorePending(turn)
  const { record } = restored
  return {
    ...restored,
    kind: 'release',
    record: { ...record, trouble: told(turn.state.trouble, record.trouble) },
  }
}
