import { fail } from '../failure/fail.ts'
import type { GrantRecord } from '../record/grant-record.ts'
import { adopt } from './adopt.ts'
import { rejectPending, settleCommitted, settleRefused, settleUnwritten } from './commit.ts'
import { chooseNext, decide } from './decide.ts'
import type { EventOf } from './grant-event.ts'
import type { Known } from './grant-state.ts'
import { recall, settleDoubt, settleResponse, settleUnanswered } from './outcome.ts'
import { beginRequest, leaseRecord } from './renewal.ts'
import { serve } from './serve.ts'
import { isRejectedWhileFresh } from './stamp.ts'
import { learnOffset } from './store-clock.ts'
import {
  failWaiters,
  isGated,
  noteStoreAnswer,
  noteStoreFailure,
  rejectedAgain,
  remembered,
} from './trouble.ts'
import { currentFlight, currentPending, replyFailure, report, type Turn } from './turn.ts'
import { enqueue, leave } from './waiter-queue.ts'

/** A command: somebody wants a token. */
export function onRequested(turn: Turn, event: EventOf<'token.requested'>): void {
  const { state, policy } = turn
  const waiter = { id: event.waiter, minValidForMs: event.minValidForMs, until: event.until }
  if (serve(turn, waiter)) return chooseNext(turn)
  if (state.queue.size >= policy.waitersMax) {
    replyFailure(turn, event.waiter, fail('waiters_exhausted'))
    return
  }
  state.queue = enqueue(state.queue, waiter)
  if (event.probe) state.probing = true
  chooseNext(turn)
}

/** A command: a caller has left. */
export function onAbandoned(turn: Turn, event: EventOf<'token.abandoned'>): void {
  const { state } = turn
  state.queue = leave(state.queue, event.waiter)
  if (state.pending !== undefined) {
    const commanders = leave(state.pending.commanders, event.waiter)
    state.pending = { ...state.pending, commanders }
  }
  chooseNext(turn)
}

/** A command: a resource server did not accept a token. Late rejections of older tokens change nothing. */
export function onRejected(turn: Turn, event: EventOf<'token.rejected'>): void {
  const { state, at, policy } = turn
  const { stamp } = state
  if (stamp?.fingerprint !== event.fingerprint) {
    state.rejectedUnseen = event.fingerprint
    return
  }
  if (stamp.rejected) return
  const whileFresh = isRejectedWhileFresh(stamp, at, policy)
  state.stamp = { ...stamp, rejected: true }
  rejectPending(turn, stamp)
  report(turn, { type: 'token.rejected', generation: stamp.generation, whileFresh })
  if (whileFresh) {
    const again = rejectedAgain(stamp.replaces, at, policy)
    // What was remembered before may have a longer pause, which this one must not cut short.
    const trouble = isGated(state.trouble, again.until) ? state.trouble : again
    state.trouble = trouble
    if (trouble === again) report(turn, { type: 'renewal.failed', ...again })
    failWaiters(turn, remembered(trouble, at))
  }
  decide(turn)
}

/** The answer of a read. */
export function onRead(turn: Turn, event: EventOf<'record.read'>): void {
  answered(turn)
  noteStoreAnswer(turn)
  adopt(turn, event.entry, event.sentAt)
  const { doubt, hinted, known } = turn.state
  // What has changed while it was being read may be the very news that the doubt is about.
  if (doubt !== undefined && (hinted === false || hinted === known?.version)) settleDoubt(turn, doubt)
  decide(turn)
}

/** A read did not succeed. */
export function onUnread(turn: Turn): void {
  answered(turn)
  noteStoreFailure(turn)
  decide(turn)
}

/** The lease is ours. */
export function onLeased(turn: Turn, event: EventOf<'record.written'>): void {
  answered(turn)
  noteStoreAnswer(turn)
  const flight = currentFlight(turn)
  turn.state.known = ownWrite(turn, event, leaseRecord(turn, flight))
  if (!beginRequest(turn, { ...flight, leaseStoredAt: event.storedAt })) recall(turn, flight)
  decide(turn)
}

/** The store has something else than we thought; or it has our own lease, whose answer was lost. */
export function onLeaseRefused(turn: Turn, event: EventOf<'record.conflicted'>): void {
  answered(turn)
  noteStoreAnswer(turn)
  const flight = currentFlight(turn)
  turn.state.flight = undefined
  adopt(turn, event.entry, event.sentAt)
  const stored = turn.state.known?.record
  if (stored?.lease?.holder === turn.policy.holder && stored.fence === flight.fence) {
    const leaseStoredAt = event.entry?.time?.storedAt
    if (!beginRequest(turn, { ...flight, leaseStoredAt })) recall(turn, flight)
  }
  decide(turn)
}

/**
 * Whether the lease was written is unknown, and it may be written yet; it will not be used. A store that fails at
 * once to write may be able to read: who has not seen the record yet tries that first.
 */
export function onLeaseUnknown(turn: Turn): void {
  answered(turn)
  const flight = currentFlight(turn)
  const waited = turn.at - flight.leaseAskedAt >= turn.policy.storeTimeoutMs
  if (turn.state.known !== undefined || waited) noteStoreFailure(turn)
  recall(turn, flight)
  decide(turn)
}

/** The token endpoint has answered. */
export function onResponse(turn: Turn, event: EventOf<'response.received'>): void {
  answered(turn)
  settleResponse(turn, currentFlight(turn), event.response, event.sentAt)
  decide(turn)
}

/** The token endpoint could not be asked, or its answer was lost. */
export function onTransportFailed(turn: Turn, event: EventOf<'transport.failed'>): void {
  answered(turn)
  settleUnanswered(turn, currentFlight(turn), event.failure, event.delivery)
  decide(turn)
}

/** What was pending is stored. */
export function onCommitted(turn: Turn, event: EventOf<'record.written'>): void {
  answered(turn)
  noteStoreAnswer(turn)
  const pending = currentPending(turn)
  settleCommitted(turn, pending, ownWrite(turn, event, pending.record))
  decide(turn)
}

/** The store refused what was pending. */
export function onCommitRefused(turn: Turn, event: EventOf<'record.conflicted'>): void {
  answered(turn)
  noteStoreAnswer(turn)
  settleRefused(turn, currentPending(turn), event.entry, event.sentAt)
  decide(turn)
}

/** Whether what was pending is stored is unknown. */
export function onCommitUnknown(turn: Turn): void {
  answered(turn)
  settleUnwritten(turn, currentPending(turn))
  decide(turn)
}

/** The record may have changed. A named version says nothing about what else was missed before. */
export function onHint(turn: Turn, { version }: EventOf<'record.changed'>): void {
  const { state } = turn
  if (state.hinted !== true) state.hinted = version ?? true
  decide(turn)
}

/** Time has passed. */
export function onTimer(turn: Turn): void {
  turn.state.wakeAt = undefined
  decide(turn)
}

function answered(turn: Turn): void {
  turn.state.busy = false
}

function ownWrite(turn: Turn, event: EventOf<'record.written'>, record: GrantRecord): Known {
  const { at } = turn
  if (event.storedAt !== undefined) learnOffset(turn, event.storedAt, event.sentAt)
  return {
    version: event.version,
    record,
    barred: undefined,
    inWritersClock: false,
    readAt: at,
    ageMs: 0,
    firstSeenAt: at,
    sightings: 1,
  }
}
