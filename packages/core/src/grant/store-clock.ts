import { type GrantRecord, rebased } from '../record/grant-record.ts'
import { encodeRecord, type RecordClock } from '../record/record-codec.ts'
import type { Turn } from './turn.ts'

/**
 * How instants cross a store.
 *
 * Processes do not agree about the time, so instants are stored in the one clock that all of them can see: the
 * store's. Every answer that tells the store's time tells how far it is ahead of one's own. Two things could
 * make a stored expiry too late, and both are excluded here: a write that was long on its way (an instant of
 * the store's clock does not care when it arrives), and a clock that was set between learning the offset and
 * taking the instant (only an offset learned afterwards is used).
 *
 * @module
 */

/** Learns how the store's clock stands to one's own, from an answer to an operation sent at `sentAt`. */
export function learnOffset(turn: Turn, storeNow: number, sentAt: number): void {
  turn.state.storeOffset = {
    leastMs: storeNow - turn.at,
    mostMs: storeNow - sentAt,
    learnedAt: turn.at,
  }
}

/** A stored record whose instants are in this process's clock. */
export interface Translated {
  readonly record: GrantRecord
  /** Whether they are estimates, earlier than the true ones by as much as clocks may differ. */
  readonly estimated: boolean
}

/**
 * The record with its instants in this process's clock. Of the two bounds of the offset the one is taken that
 * lengthens no life, and shortens no pause. In a foreign record in its writer's clock a life loses what the writer's and
 * the reader's clock may be apart: one too fast, one too slow; a pause does not, for there it matters less. Of a refresh
 * token that is presented under the lease in it more is known: it was not presented before the record was there, at
 * `storedSince` of this process's clock.
 */
export function inOwnClock(
  { record, clock }: { readonly record: GrantRecord; readonly clock: RecordClock },
  turn: Turn,
  storedSince: number | undefined,
): Translated {
  const { storeOffset, stamp } = turn.state
  if (clock === 'store' && storeOffset !== undefined) {
    return { record: rebased(record, -storeOffset.mostMs, -storeOffset.leastMs), estimated: false }
  }
  if (clock === 'writer' && record.writer === turn.policy.holder) {
    // What this process has written itself is as exact as it knew it.
    const guessed = stamp?.generation === record.generation && stamp.estimatedSince !== undefined
    return { record, estimated: guessed }
  }
  const moved = rebased(record, -2 * turn.policy.clockSkewMs, 0)
  const known = record.lease?.presents && storedSince !== undefined
  return { record: known ? { ...moved, spentAt: storedSince } : moved, estimated: true }
}

/** A record as text for the store, and whose clock its instants are in. */
export interface Encoded {
  readonly value: string
  readonly clock: RecordClock
}

/**
 * Encodes a record, in the store's clock if that can be done without making any life longer, or a pause
 * shorter, else in one's own.
 *
 * `leaseStoredAt` is when the lease was stored under which the record's tokens were won. The request was sent
 * after that, so a life counted from there ends too early by a few milliseconds, and depends on no other clock.
 */
export function encoded(turn: Turn, record: GrantRecord, leaseStoredAt?: number): Encoded {
  const { storeOffset } = turn.state
  const { tokens } = record
  const anchored = tokens !== undefined && leaseStoredAt !== undefined
  const learnedTooEarly = tokens !== undefined && (storeOffset?.learnedAt ?? 0) < tokens.sentAt
  if (storeOffset === undefined || (learnedTooEarly && !anchored)) {
    return { value: encodeRecord(record, 'writer'), clock: 'writer' }
  }
  const moved = rebased(record, storeOffset.leastMs, storeOffset.mostMs)
  if (!anchored) return { value: encodeRecord(moved, 'store'), clock: 'store' }
  const expiresAt = leaseStoredAt + tokens.expiresAt - tokens.sentAt
  const stored = { ...moved, tokens: { ...tokens, sentAt: leaseStoredAt, expiresAt } }
  return { value: encodeRecord(stored, 'store'), clock: 'store' }
}
