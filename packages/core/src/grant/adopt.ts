import type { Entry } from '../ports/store.ts'
import { type GrantRecord, isLaterGrant, type Trouble } from '../record/grant-record.ts'
import { decodeRecord } from '../record/record-codec.ts'
import type { Known } from './grant-state.ts'
import { isDue, isLapsed, type Stamp, stampOf } from './stamp.ts'
import { inOwnClock, learnOffset, type Translated } from './store-clock.ts'
import { believable, exceptEnd } from './trouble.ts'
import { report, type Turn } from './turn.ts'

/**
 * Takes in what the store holds: remembers it, translates its instants into this process's clock, and takes
 * over tokens that are newer than one's own.
 */
export function adopt(turn: Turn, entry: Entry | undefined, sentAt: number): void {
  const { state, at, policy } = turn
  const decoded = entry === undefined ? undefined : decodeRecord(entry.value, policy.identity)
  if (entry?.time !== undefined) learnOffset(turn, entry.time.asOf, sentAt)
  const translated =
    decoded?.kind === 'record' ? inOwnClock(decoded, turn, storedSince(entry, sentAt)) : undefined
  const before = state.known?.record
  const isPutBack = translated !== undefined && before !== undefined && wasDropped(translated.record, before)
  const record = isPutBack ? before : translated?.record
  const same = state.known !== undefined && state.known.version === entry?.version
  const known: Known = {
    version: entry?.version,
    record,
    barred: decoded?.kind === 'barred' ? decoded.code : undefined,
    inWritersClock: decoded?.kind === 'record' && decoded.clock === 'writer' && !isPutBack,
    readAt: at,
    ageMs: entry?.time && Math.max(0, entry.time.asOf - entry.time.storedAt),
    firstSeenAt: same && state.known ? state.known.firstSeenAt : at,
    sightings: same && state.known ? state.known.sightings + 1 : 1,
  }
  state.known = known
  if (translated === undefined) return
  // Its numbers count, even where it does not: what is written over it must not fall below them.
  state.fenceSeen = Math.max(state.fenceSeen, translated.record.fence)
  if (!isPutBack) absorb(turn, translated, !same)
}

/**
 * Whether a record brings back tokens that were dropped: this process has seen the grant without any since. A store that
 * has fallen behind shows it so, and must not undo what somebody did on purpose.
 */
function wasDropped(record: GrantRecord, before: GrantRecord): boolean {
  const isOlder = before.tokens === undefined && record.generation <= before.generation
  return isOlder && record.tokens !== undefined && !isLaterGrant(record, before.commands)
}

/** An instant before which a stored record was not there; `undefined` where the store has no clock. */
function storedSince(entry: Entry | undefined, sentAt: number): number | undefined {
  return entry?.time && sentAt - Math.max(0, entry.time.asOf - entry.time.storedAt)
}

function absorb(turn: Turn, translated: Translated, changed: boolean): void {
  const { state } = turn
  const { record } = translated
  const own = state.stamp
  if (own === undefined || record.generation > own.generation || isLaterGrant(record, own.commands)) {
    takeOver(turn, translated)
  } else if (record.generation === own.generation) {
    state.stamp = reconciled(turn, own, translated)
  } else if (record.rejected && record.tokens?.accessToken === own.tokens.accessToken) {
    // A provider may give the same token again, to a session whose numbers have begun anew.
    state.stamp = { ...own, rejected: true }
  } else if (hasBetter(turn, own, translated)) {
    // It may come back.
    if (own.rejected) state.rejectedUnseen = own.fingerprint
    takeOver(turn, translated)
  }
  const isOlder = state.stamp !== undefined && record.generation < state.stamp.generation
  const told = isOlder ? exceptEnd(record.trouble) : record.trouble
  const stored = told && believable(told, turn.at, turn.policy)
  state.trouble = changed ? sharedTrouble(state.trouble, stored) : (state.trouble ?? stored)
}

/**
 * Whether who only follows, and whose token is over, finds one that is not. Another process would renew its own; but the
 * fleet may have lost the newer tokens, and then nobody does, and all others serve the older ones.
 */
function hasBetter(turn: Turn, own: Stamp, translated: Translated): boolean {
  if (turn.policy.role !== 'follower' || !isLapsed(own, turn.at)) return false
  const foreign = foreignStamp(turn, translated)
  return foreign?.fingerprint !== own.fingerprint && !isLapsed(foreign, turn.at)
}

function takeOver(turn: Turn, translated: Translated): void {
  const { state } = turn
  const { record } = translated
  const own = state.stamp
  const foreign = foreignStamp(turn, translated)
  // A newer token that is over, or may be, is no reason to give up one that is not.
  if (foreign && !foreign.rejected && isLapsed(foreign, turn.at) && !isLapsed(own, turn.at)) return
  const news = own !== undefined || record.generation > 0
  // A provider may give a token again that was rejected here, to somebody who does not know; and what is read for the
  // first time may have been rejected before.
  const isOwnAgain = own?.rejected === true && own.fingerprint === foreign?.fingerprint
  const again = foreign !== undefined && (isOwnAgain || foreign.fingerprint === state.rejectedUnseen)
  state.stamp = foreign && again ? { ...foreign, rejected: true } : foreign
  if (!news) return
  state.trouble = undefined
  if (state.stamp !== undefined) report(turn, { type: 'token.adopted', generation: record.generation })
  if (!isDue(state.stamp, turn.at)) state.asked = false
}

/** The stamp of a record that others have stored. */
function foreignStamp(turn: Turn, { record, estimated }: Translated): Stamp | undefined {
  const stamp = stampOf(record, true, turn.roll, turn.policy)
  return stamp && estimated ? { ...stamp, estimatedSince: turn.at } : stamp
}

/**
 * The same generation on both sides. Usually the same token, of which the record may know more: that it was
 * rejected, or how long it lives, once its instants are written in a clock that everybody can see. Two sessions
 * that renewed without the store's protection may have chosen the same number for two tokens; the store's wins.
 */
function reconciled(turn: Turn, own: Stamp, translated: Translated): Stamp | undefined {
  const { record, estimated } = translated
  if (record.tokens?.accessToken !== own.tokens.accessToken) return foreignStamp(turn, translated)
  const better = own.estimatedSince !== undefined && !estimated ? foreignStamp(turn, translated) : undefined
  return { ...(better ?? own), saved: true, rejected: own.rejected || record.rejected }
}

/**
 * A pause that anybody in the fleet has noted counts for everybody; the longer one wins. A verdict of one's own
 * that the grant has ended does not outlive a change of the record: it is reached anew, or not.
 */
function sharedTrouble(own: Trouble | undefined, stored: Trouble | undefined): Trouble | undefined {
  if (own === undefined || own.until === Number.POSITIVE_INFINITY) return stored
  if (stored === undefined || own.until >= stored.until) return own
  return stored
}
