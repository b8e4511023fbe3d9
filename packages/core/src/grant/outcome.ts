import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { exchangeFailure } from '../message/token-exchange.ts'
import { scopesAsked } from '../message/token-request.ts'
import { readTokenResponse } from '../message/token-response.ts'
import { mergeRefreshed, type TokenSet } from '../message/token-set.ts'
import type { Delivery, HttpResponse } from '../ports/transport.ts'
import type { GrantRecord } from '../record/grant-record.ts'
import { canAskAgain, tokenTypeOf } from '../record/identity.ts'
import type { Flight } from './grant-state.ts'
import { newestRecord, retention } from './renewal.ts'
import { lifetimeTooShort } from './serve.ts'
import { ageMs, isLapsed, stampOf } from './stamp.ts'
import { failWaiters, isWorthWaiting, nextTrouble, rejectedAgain, remembered, told } from './trouble.ts'
import { currentFlight, report, type Turn } from './turn.ts'
import { NO_WAITERS } from './waiter-queue.ts'

/** Two expiries closer than this are the same: providers that re-issue a token round its remaining life. */
const SAME_EXPIRY_MS = 1_000

/** The answer of the token endpoint. */
export function settleResponse(turn: Turn, flight: Flight, response: HttpResponse, sentAt: number): void {
  const { policy, at } = turn
  const result = readTokenResponse(response, {
    profile: policy.profile,
    sentAt,
    receivedAt: at,
    scopeRequested: scopesAsked(policy.identity, flight.refreshToken),
    tokenType: tokenTypeOf(policy.identity),
    lifetimeMsMax: policy.lifetimeMsMax,
    retryAfterMsMax: policy.retryAfterMsMax,
    bodyBytesMax: policy.bodyBytesMax,
    secrets: flight.refreshToken === undefined ? [] : [flight.refreshToken],
  })
  if (result.ok) return settleWon(turn, flight, result.tokens)
  const refused = isRefusal(result.failure, response)
  settleLost(turn, flight, exchangeFailure(policy.identity, result.failure), refused)
}

/**
 * Whether the answer proves that a presented refresh token was not used up: the server refused the request in
 * words, or turned it away before looking. A gateway's 502 or 504, a server's 500, and a success that cannot be
 * read prove nothing: behind them the token may have been rotated.
 */
function isRefusal(failure: Failure, response: HttpResponse): boolean {
  if (response.status === 429 || response.status === 503) return true
  return response.status >= 400 && response.status < 500 && failure.kind !== 'distrust'
}

function settleWon(turn: Turn, flight: Flight, granted: TokenSet): void {
  const { state, at, policy } = turn
  const base = newestRecord(turn)
  const previous = base.tokens
  const tokens =
    flight.refreshToken === undefined ? granted : mergeRefreshed(previous, flight.refreshToken, granted)
  const repeated = previous?.accessToken === tokens.accessToken
  const later = tokens.expiresAt > (previous?.expiresAt ?? 0) + SAME_EXPIRY_MS
  const advanced = !repeated && (later || base.rejected)
  const rejected = repeated && base.rejected
  const replaces = replacesOf(turn, base)
  const record: GrantRecord = {
    ...base,
    fence: flight.fence,
    generation: flight.fence,
    tokens,
    rejected,
    replaces,
    lease: undefined,
    spentAt: undefined,
    trouble: rejected ? rejectedAgain(replaces, at, policy) : undefined,
    renewNotBefore:
      advanced || previous === undefined ? undefined : notBefore(tokens, at, policy.nonAdvancingMinMs),
    writer: policy.holder,
  }
  const mustSave = flight.spends && granted.refreshToken !== undefined
  state.flight = undefined
  state.doubt = undefined
  state.trouble = record.trouble
  state.fenceSeen = Math.max(state.fenceSeen, flight.fence)
  state.pending = {
    kind: 'tokens',
    record,
    guarded: flight.guarded,
    command: undefined,
    serveAt: mustSave ? at + policy.commitBudgetMs : at,
    leaseStoredAt: flight.leaseStoredAt,
    clock: undefined,
    attempts: 0,
    retryAt: at,
    commanders: NO_WAITERS,
    retainUntil: retention(turn, tokens),
  }
  report(turn, {
    type: 'renewal.succeeded',
    generation: flight.fence,
    reason: flight.reason,
    guarded: flight.guarded,
    lifeMs: tokens.expiresAt - tokens.sentAt,
    lifetime: tokens.lifetime,
    advanced: advanced || previous === undefined,
  })
  if (record.trouble !== undefined) report(turn, { type: 'renewal.failed', ...record.trouble })
  if (!mustSave) promote(turn, record, false)
}

/** How many rejected tokens in a row the new one stands in for. */
function replacesOf({ state, at, policy }: Turn, base: GrantRecord): number {
  if (!base.rejected || state.stamp === undefined) return 0
  return ageMs(state.stamp, at) < policy.freshForMs ? base.replaces + 1 : 1
}

/** A token that did not advance is renewed again after half of its remaining life, and not sooner than the floor. */
function notBefore(tokens: TokenSet, at: number, floorMs: number): number | undefined {
  const leftMs = tokens.expiresAt - at
  return Number.isFinite(leftMs) ? at + Math.max(floorMs, leftMs / 2) : undefined
}

/**
 * Makes won tokens the ones that are served. Tokens that have lapsed on arrival count as a failure: to ask
 * again at once would bring no better ones. Those that took longer to arrive than a request may, or to be saved,
 * are over for other reasons.
 */
export function promote(turn: Turn, record: GrantRecord, saved: boolean): void {
  const { state, at, policy } = turn
  state.stamp = stampOf(record, saved, turn.roll, policy)
  if (state.stamp === undefined || state.stamp.rejected || !isLapsed(state.stamp, at)) return
  if (ageMs(state.stamp, at) <= policy.requestTimeoutMs) noteFailure(turn, lifetimeTooShort(state.stamp, 0))
}

/** A request that could not be sent, or whose answer was lost. */
export function settleUnanswered(turn: Turn, flight: Flight, failure: Failure, delivery: Delivery): void {
  const unsent = delivery === 'not_sent'
  // What this process could not even ask for want of a secret, another one may.
  settleLost(turn, flight, failure, unsent, unsent && failure.kind === 'configure')
}

/**
 * An attempt that won nothing. `refused`: it is certain that the server has not used up what was presented.
 * `here`: it says nothing about the attempts of others.
 */
function settleLost(turn: Turn, flight: Flight, failure: Failure, refused: boolean, here = false): void {
  const { state, policy } = turn
  if (flight.refreshToken !== undefined && failure.kind === 'reauthorize') {
    // Another session may have renewed meanwhile, and this is what its success looks like from here.
    state.doubt = failure
    return
  }
  const gone = flight.spends && !refused && policy.replayWindowMs === 0
  if (gone && policy.identity.grantType === 'refresh_token') {
    // Not the end either, if a new grant has come meanwhile.
    state.doubt = fail('response_lost')
    return
  }
  noteFailure(turn, failure, here)
  if (refused && flight.spends && flight.firstUse) recall(turn, flight)
  else release(turn, flight, 'release', {})
}

/**
 * The lease was taken, or may have been, and nothing was presented under it. Where it announces that a refresh
 * token is presented, that is taken back; any other lease is left to lapse.
 */
export function recall(turn: Turn, flight: Flight): void {
  if (!flight.spends || !flight.firstUse) turn.state.flight = undefined
  else release(turn, flight, 'recall', { spentAt: undefined, seed: flight.seedBefore })
}

/** The record was read again after the grant seemed to have ended. */
export function settleDoubt(turn: Turn, doubt: Failure): void {
  const { state, policy } = turn
  const flight = currentFlight(turn)
  state.doubt = undefined
  const stored = state.known?.record
  // A store that has lost the lease may have given its number to tokens that somebody else has obtained.
  const isNews = stored !== undefined && (stored.fence > flight.fence || stored.generation === flight.fence)
  if (isNews || hasAnother(newestRecord(turn), flight)) {
    state.flight = undefined
    report(turn, { type: 'renewal.overtaken', fence: flight.fence })
    return
  }
  if (canAskAgain(policy.identity)) {
    // Only the refresh token is dead; the client itself can still ask. Forget it and go on at once.
    forgetRefreshToken(turn)
    state.flight = undefined
    return
  }
  noteFailure(turn, doubt)
  // Nobody takes the lease again: who only follows would wait for its holder, and learns of the end in no other way.
  release(turn, flight, 'recall', {})
}

/** Whether the grant goes on with another refresh token than the one that was presented, whatever the numbers say. */
function hasAnother({ tokens }: GrantRecord, { refreshToken }: Flight): boolean {
  return tokens?.refreshToken !== undefined && tokens.refreshToken !== refreshToken
}

function forgetRefreshToken(turn: Turn): void {
  const { state } = turn
  const record = newestRecord(turn)
  const tokens = record.tokens && { ...record.tokens, refreshToken: undefined }
  state.known = state.known && { ...state.known, record: { ...record, tokens, spentAt: undefined } }
}

function noteFailure(turn: Turn, failure: Failure, here = false): void {
  const { state, at, roll, policy } = turn
  const trouble = nextTrouble(state.trouble, failure, at, roll, policy)
  state.trouble = here ? { ...trouble, here } : trouble
  report(turn, { type: 'renewal.failed', failure, attempts: trouble.attempts, until: trouble.until })
  if (!isWorthWaiting(trouble, at, policy)) failWaiters(turn, remembered(trouble, at))
}

/** Gives the lease back along with what is known of the failure, so that the fleet backs off together. */
function release(
  turn: Turn,
  flight: Flight,
  kind: 'release' | 'recall',
  changes: Partial<Pick<GrantRecord, 'spentAt' | 'seed'>>,
): void {
  const { state, at, policy } = turn
  state.flight = undefined
  if (!flight.guarded) return
  state.pending = {
    kind,
    record: {
      ...newestRecord(turn),
      ...changes,
      fence: flight.fence,
      lease: undefined,
      trouble: told(state.trouble, newestRecord(turn).trouble),
      writer: policy.holder,
    },
    guarded: true,
    command: undefined,
    serveAt: Number.POSITIVE_INFINITY,
    leaseStoredAt: undefined,
    clock: undefined,
    attempts: 0,
    retryAt: state.storeTrouble?.retryAt ?? at,
    commanders: NO_WAITERS,
    retainUntil: retention(turn),
  }
}
