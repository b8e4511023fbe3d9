import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import type { Trouble } from '../record/grant-record.ts'
import { canAskAgain } from '../record/identity.ts'
import { overBudget, spentUntil } from './budget.ts'
import { rejectionPending, restorePending, serveUnsaved, writePending } from './commit.ts'
import type { Known, StoreTrouble } from './grant-state.ts'
import { isLeasedElsewhere, lookAgainAt } from './lease.ts'
import { ASK_ANEW, beginUnguarded, newestRecord, planRenewal, takeLease } from './renewal.ts'
import { hasNewSeed } from './seed.ts'
import { serveWaiters } from './serve.ts'
import { isDue, isLapsed, isSameToken, knowsBetter, type Stamp } from './stamp.ts'
import { endGrant, failForStore, failWaiters, isWorthWaiting, pauseOf, remembered } from './trouble.ts'
import { settle, startRead, type Turn, waitUntil } from './turn.ts'

/**
 * The one place that chooses what to do next. Handlers only note what has happened; whatever follows from it
 * is decided here, in this order: serve who can be served; let an outstanding operation finish; write what has
 * to be written; then, if a token is wanted, find out the truth, respect pauses and leases, and ask.
 */
export function decide(turn: Turn): void {
  serveUnsaved(turn)
  serveWaiters(turn)
  chooseNext(turn)
}

/** The second half of a decision, for an event that can change nothing for those who wait already. */
export function chooseNext(turn: Turn): void {
  forgetOldNews(turn)
  if (!turn.state.busy) choose(turn)
  requestWakeUp(turn)
}

function choose(turn: Turn): void {
  const { state, at } = turn
  const { pending, storeTrouble } = state
  if (pending !== undefined) {
    if (storeTrouble === undefined || pending.retryAt <= at) return writePending(turn, pending)
    if (!isWanted(turn)) return settle(turn, pending.retryAt)
    // What has been won is served soon, saved or not: that is sooner than anything else could be had.
    if (pending.kind === 'tokens' && at < pending.serveAt) return waitUntil(turn, pending.retryAt)
    return withoutStore(turn, storeTrouble)
  }
  if (state.doubt !== undefined) return readOrWait(turn)
  if (storeTrouble === undefined || storeTrouble.retryAt <= at) {
    const rejected = untoldRejection(turn)
    if (rejected !== undefined) return tellRejection(turn, rejected)
  }
  if (isWanted(turn)) pursue(turn)
  else idle(turn)
}

/**
 * A token that was rejected here, of which the record says nothing, where this process only follows: whoever renews has
 * to hear of it. Told once, and now and then again where the record goes on saying nothing.
 */
function untoldRejection({ state, at, policy }: Turn): Stamp | undefined {
  const { known, stamp, told } = state
  if (policy.role !== 'follower' || stamp?.rejected !== true || known?.record?.rejected !== false)
    return undefined
  if (!isSameToken(stamp, known.record) || isLeasedElsewhere(known, policy)) return undefined
  return told?.fingerprint === stamp.fingerprint && at < told.at + policy.recheckMs ? undefined : stamp
}

function tellRejection(turn: Turn, { fingerprint }: Stamp): void {
  const { state, at } = turn
  state.told = { fingerprint, at }
  state.pending = rejectionPending(turn)
  writePending(turn, state.pending)
}

/** Whether anybody needs a token that cannot be had from what is held. */
function isWanted(turn: Turn): boolean {
  const { state, at, policy } = turn
  return state.queue.size > 0 || ((state.asked || policy.keepWarm) && isDue(state.stamp, at))
}

/** Nothing is wanted: follow hints, repair what the store has lost, and rest. */
function idle(turn: Turn): void {
  const { state, at, policy } = turn
  state.asked = false
  state.probing = false
  const storeReady = state.storeTrouble === undefined || state.storeTrouble.retryAt <= at
  if (
    storeReady &&
    state.known !== undefined &&
    (state.hinted !== false || at >= recheckAt(turn, state.known))
  ) {
    return startRead(turn)
  }
  if (needsRestoring(turn)) {
    state.pending = restorePending(turn)
    return writePending(turn, state.pending)
  }
  if (!policy.keepWarm || state.stamp === undefined || state.known === undefined)
    return settle(turn, undefined)
  const lookAt = Math.max(state.hinted ? at : recheckAt(turn, state.known), state.storeTrouble?.retryAt ?? 0)
  settle(turn, Math.min(state.stamp.dueAt, state.stamp.lapsesAt, lookAt))
}

/** A hint at one's own write, or at what was read since, is no news. */
function forgetOldNews({ state }: Turn): void {
  if (state.hinted === state.known?.version) state.hinted = false
}

/** When a session that is kept warm looks at the record without a hint, for hints may be lost; else never. */
function recheckAt(turn: Turn, known: Known): number {
  const { keepWarm, shared, recheckMs } = turn.policy
  return keepWarm && shared ? known.readAt + recheckMs : Number.POSITIVE_INFINITY
}

/**
 * The store has lost, or fallen behind, what is held here, and nobody else is about to write; or it holds the same in the
 * clock of a process, at whose instants the others can only guess, and they are known better here.
 */
function needsRestoring(turn: Turn): boolean {
  const { state, at, policy } = turn
  const { known, stamp } = state
  if (known === undefined || known.barred || policy.role === 'follower') return false
  if (isLapsed(stamp, at)) return false
  if (isLeasedElsewhere(known, policy)) return false
  if (newestRecord(turn).generation > (known.record?.generation ?? 0)) return true
  if (!known.inWritersClock || !knowsBetter(stamp, known.record)) return false
  return state.storeOffset !== undefined && state.storeOffset.learnedAt >= stamp.tokens.sentAt
}

/** A token is wanted: find out what the fleet knows, then wait or ask. */
function pursue(turn: Turn): void {
  const { state, at, policy } = turn
  const { known } = state
  if (mayLeaseUnseen(turn)) return leaseUnseen(turn)
  if (known === undefined || state.hinted !== false) return readOrWait(turn)
  if (known.barred) return giveUp(turn, fail(known.barred), known)
  const pause = pauseOf(turn)
  if (pause !== undefined && !isMended(turn, pause)) return sitOut(turn, pause, known)
  if (policy.role === 'follower') return lookAgain(turn, known.readAt + policy.pollMs)
  if (isLeasedElsewhere(known, policy)) return lookAgain(turn, lookAgainAt(known, policy))
  const { storeTrouble } = state
  if (storeTrouble !== undefined && at < storeTrouble.retryAt) return withoutStore(turn, storeTrouble)
  const spent = overBudget(turn)
  if (spent !== undefined) return giveUp(turn, spent, known)
  const plan = planRenewal(turn)
  if ('failure' in plan) return giveUp(turn, endGrant(turn, plan.failure), known)
  takeLease(turn, plan)
}

/**
 * Whether the lease may be tried for before anything is known: nothing was ever seen or written here, and what is
 * asked for uses nothing up. If there is a record, the refusal tells all that reading it would.
 */
function mayLeaseUnseen(turn: Turn): boolean {
  const { state, policy } = turn
  if (!policy.leaseUnseen || policy.role === 'follower' || !canAskAgain(policy.identity)) return false
  const fresh = state.known === undefined && state.stamp === undefined && state.fenceSeen === 0
  return fresh && state.trouble === undefined && state.storeTrouble === undefined
}

function leaseUnseen(turn: Turn): void {
  turn.state.hinted = false
  takeLease(turn, ASK_ANEW)
}

/** Whether somebody has configured a new refresh token for a grant that has ended. */
function isMended(turn: Turn, trouble: Trouble): boolean {
  return trouble.until === Number.POSITIVE_INFINITY && hasNewSeed(newestRecord(turn), turn.at, turn.policy)
}

/** Reads, unless the store has just failed. */
function readOrWait(turn: Turn): void {
  const { storeTrouble } = turn.state
  if (storeTrouble === undefined || turn.at >= storeTrouble.retryAt) startRead(turn)
  else withoutStore(turn, storeTrouble)
}

/** Reads when it is time to, waits until then otherwise. */
function lookAgain(turn: Turn, lookAt: number): void {
  const readAt = Math.max(lookAt, turn.state.storeTrouble?.retryAt ?? 0)
  if (readAt > turn.at) waitUntil(turn, readAt)
  else startRead(turn)
}

/** A pause after a failure: the first few are sat out with the callers, then callers fail fast. */
function sitOut(turn: Turn, trouble: Trouble, known: Known): void {
  const { state, at, policy } = turn
  const { failure, until } = trouble
  // Only a new grant can end this one, and it may have arrived where this process has not looked yet.
  if (until === Number.POSITIVE_INFINITY) return giveUp(turn, failure, known)
  // Somebody else may have succeeded meanwhile, and the hint of it be lost.
  const lookAt = policy.shared
    ? Math.max(known.readAt + policy.recheckMs, state.storeTrouble?.retryAt ?? 0)
    : Number.POSITIVE_INFINITY
  if (lookAt <= at) return startRead(turn)
  if (!isWorthWaiting(trouble, at, policy)) failWaiters(turn, remembered(trouble, at))
  settleDown(turn, Math.min(until, lookAt))
}

/** There is nothing to be done from here; but before callers are told so, make sure that it is not old news. */
function giveUp(turn: Turn, failure: Failure, known: Known): void {
  const { state, at, policy } = turn
  const readAt = Math.max(known.readAt + policy.pollMs, state.storeTrouble?.retryAt ?? 0)
  if (readAt <= at) return startRead(turn)
  failWaiters(turn, failure)
  settleDown(turn, Math.min(at + policy.latchMaxMs, Math.max(readAt, recheckAt(turn, known))))
}

/** Rests until `until` where the session acts of its own accord, else until it is asked again. */
function settleDown(turn: Turn, until: number): void {
  const { state, policy } = turn
  if (state.queue.size > 0 || policy.keepWarm) return waitUntil(turn, until)
  state.asked = false
  settle(turn, state.pending?.retryAt)
}

/**
 * The store is out of reach. Grants that can be asked for again are, at a capped rate and without protection;
 * a single-use refresh token must not be spent where its successor could not be saved.
 */
function withoutStore(turn: Turn, { attempts, retryAt }: StoreTrouble): void {
  const { state, at, policy } = turn
  const pause = pauseOf(turn)
  if (pause !== undefined && state.doubt === undefined) {
    if (!isWorthWaiting(pause, at, policy)) failWaiters(turn, remembered(pause, at))
    return settleDown(turn, retryAt)
  }
  if (mayGoUnguarded(turn)) return beginUnguarded(turn)
  if (attempts > policy.quickRetriesMax) failForStore(turn, retryAt)
  settleDown(turn, retryAt)
}

function mayGoUnguarded(turn: Turn): boolean {
  const { state, at, policy } = turn
  if (!canAskAgain(policy.identity) || policy.role === 'follower' || state.doubt !== undefined) return false
  // Every process of the fleet would end the others' tokens.
  if (policy.reissue === 'replaces') return false
  if (state.pending?.command !== undefined || spentUntil(state, at, policy) !== undefined) return false
  if (state.unguardedAt !== undefined && at < state.unguardedAt + policy.unguardedIntervalMs) return false
  const { stamp } = state
  if (stamp === undefined || state.queue.size > 0) return true
  // In the background there is no hurry before the second half of the window.
  return isLapsed(stamp, at + (stamp.lapsesAt - stamp.dueAt) / 2)
}

/** Asks for one wake-up: at the earliest instant at which anything would be decided differently. */
function requestWakeUp(turn: Turn): void {
  const { state, at } = turn
  const { pending } = state
  const instants = [state.queue.earliestUntil]
  if (!state.busy && state.restUntil !== undefined) instants.push(state.restUntil)
  if (pending !== undefined) {
    instants.push(pending.commanders.earliestUntil)
    if (state.queue.size > 0 && pending.serveAt > at) instants.push(pending.serveAt)
  }
  const earliest = Math.min(...instants)
  const wakeAt = Number.isFinite(earliest) ? earliest : undefined
  if (wakeAt === state.wakeAt) return
  state.wakeAt = wakeAt
  turn.effects.push({ type: 'wake', at: wakeAt })
}
