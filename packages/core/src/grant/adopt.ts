import type { Entry } from '../ports/store.ts'
import type { GrantRecord, Trouble } from '../record/grant-record.ts'
import { decodeRecord } from '../record/record-codec.ts'
import type { Known } from './grant-state.ts'
import { isDue, type Stamp, stampOf } from './stamp.ts'
import { inOwnClock, learnOffset } from './store-clock.ts'
import { believable } from './trouble.ts'
import { report, type Turn } from './turn.ts'

/**
 * Takes in what the store holds: remembers it, translates its instants into this process's clock, and takes
 * over tokens that are newer than one's own.
 */
export function adopt(turn: Turn, entry: Entry | undefined, sentAt: number): void {
  const { state, at, policy } = turn
  const decoded = entry === undefined ? undefined : decodeRecord(entry.value, policy.identity)
  if (entry?.time !== undefined) learnOffset(turn, entry.time.asOf, sentAt)
  const record = decoded?.kind === 'record' ? inOwnClock(decoded.record, decoded.clock, turn) : undefined
  const same = state.known !== undefined && state.known.version === entry?.version
  const known: Known = {
    version: entry?.version,
    record,
    newer: decoded?.kind === 'newer',
    readAt: at,
    ageMs: entry?.time && Math.max(0, entry.time.asOf - entry.time.storedAt),
    firstSeenAt: same && state.known ? state.known.firstSeenAt : at,
    sightings: same && state.known ? state.known.sightings + 1 : 1,
  }
  state.known = known
  if (record !== undefined) absorb(turn, record, !same)
}

function absorb(turn: Turn, record: GrantRecord, changed: boolean): void {
  const { state } = turn
  state.fenceSeen = Math.max(state.fenceSeen, record.fence)
  const own = state.stamp
  if (own === undefined || record.generation > own.generation) {
    takeOver(turn, record)
  } else if (record.generation === own.generation) {
    state.stamp = reconciled(turn, own, record)
  }
  const stored = record.trouble && believable(record.trouble, turn.at, turn.policy)
  state.trouble = changed ? sharedTrouble(state.trouble, stored) : (state.trouble ?? stored)
}

function takeOver(turn: Turn, record: GrantRecord): void {
  const { state } = turn
  const news = record.generation > (state.stamp?.generation ?? 0)
  state.stamp = stampOf(record, true, turn.roll, turn.policy)
  if (!news) return
  state.trouble = undefined
  if (state.stamp !== undefined) report(turn, { type: 'token.adopted', generation: record.generation })
  if (!isDue(state.stamp, turn.at)) state.asked = false
}

/**
 * The same generation on both sides. Usually the same token, of which the record may know more. Two sessions
 * that renewed without the store's protection may have chosen the same number for two tokens; the store's wins.
 */
function reconciled(turn: Turn, own: Stamp, record: GrantRecord): Stamp | undefined {
  if (record.tokens?.accessToken !== own.tokens.accessToken) {
    return stampOf(record, true, turn.roll, turn.policy)
  }
  return { ...own, saved: true, rejected: own.rejected || record.rejected }
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
