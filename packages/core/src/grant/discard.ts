import type { TokenSet } from '../message/token-set.ts'
import type { GrantRecord } from '../record/grant-record.ts'
import { canAskAgain } from '../record/identity.ts'
import type { Known, Pending } from './grant-state.ts'
import type { Turn } from './turn.ts'

/**
 * Token sets that nobody will use any more go to the shell, which may have them revoked. A server may end a whole
 * grant when one of its tokens is revoked (RFC 7009 §2.1), so nothing is handed over that belongs to one that lives.
 *
 * @module
 */

/** Hands over what was won and gives way to what the store holds. */
export function discardOvertaken(turn: Turn, pending: Pending): void {
  const { known } = turn.state
  const { tokens, generation } = pending.record
  if (tokens === undefined || known?.record === undefined) return
  // As long as the store has nothing newer, what was put aside is still handed out here.
  if (known.record.generation < generation) return
  if (canAskAgain(turn.policy.identity) ? isApart(tokens, known.record) : isDropped(known.record)) {
    discard(turn, tokens)
  }
}

/** Hands over what a drop has just replaced, if it was asked for. */
export function discardDropped(turn: Turn, pending: Pending, replaced: Known | undefined): void {
  const tokens = replaced?.record?.tokens
  if (pending.discards && tokens !== undefined) discard(turn, tokens)
}

/** Whether a set that was asked for anew has nothing in common with the one that is stored. */
function isApart(tokens: TokenSet, stored: GrantRecord): boolean {
  return tokens.refreshToken === undefined && tokens.accessToken !== stored.tokens?.accessToken
}

/** Whether the delegated grant was dropped: nothing that was won with its refresh token is of use then. */
function isDropped(stored: GrantRecord): boolean {
  return stored.tokens === undefined && stored.trouble?.failure.code === 'grant_dropped'
}

function discard(turn: Turn, tokens: TokenSet): void {
  turn.effects.push({ type: 'discard', tokens })
}
