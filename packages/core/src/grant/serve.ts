import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { inWords } from './describe.ts'
import { ageMs, isDue, isLapsed, isUsableFor, type Stamp } from './stamp.ts'
import { replyFailure, replyServed, type Turn } from './turn.ts'
import { keepWaiters, type Waiter } from './waiter-queue.ts'

/**
 * Answers a waiter if it can be answered now: with the token if it will do, or with a failure if no renewal
 * could bring one that does. Notes that somebody was given a token that is due.
 */
export function serve(turn: Turn, waiter: Waiter): boolean {
  const { state, at } = turn
  const { stamp } = state
  if (isUsableFor(stamp, at, waiter.minValidForMs)) {
    if (isDue(stamp, at)) state.asked = true
    replyServed(turn, waiter.id, stamp)
    return true
  }
  const failure = whyNoBetter(turn, waiter)
  if (failure !== undefined) replyFailure(turn, waiter.id, failure)
  return failure !== undefined
}

/** Why renewing would bring no token that lives longer than the one that is held; `undefined` if it might. */
function whyNoBetter(turn: Turn, waiter: Waiter): Failure | undefined {
  const { at, policy } = turn
  const { stamp } = turn.state
  if (stamp === undefined || isLapsed(stamp, at)) return undefined
  if (stamp.renewNotBefore !== undefined && at < stamp.renewNotBefore) {
    return fail('token_not_renewed', { retryAfterMs: stamp.renewNotBefore - at })
  }
  const isNew = ageMs(stamp, at) < policy.nonAdvancingMinMs
  return isNew ? lifetimeTooShort(stamp, waiter.minValidForMs) : undefined
}

export function lifetimeTooShort(stamp: Stamp, minValidForMs: number): Failure {
  const [life, wanted] = wordsApart(stamp.tokens.expiresAt - stamp.tokens.sentAt, minValidForMs)
  return fail('lifetime_too_short', {
    message: `The provider's token lives ${life} from the moment of the request, which is too short for a caller that needs one with ${wanted} left (minValidForMs).`,
  })
}

/** Two spans in words; in seconds where words, which leave out what is small, would make one of them. */
function wordsApart(oneMs: number, otherMs: number): readonly [string, string] {
  const [one, other] = [inWords(oneMs), inWords(otherMs)]
  return one === other ? [`${oneMs / 1_000} s`, `${otherMs / 1_000} s`] : [one, other]
}

/** Serves everybody who can be served, and tells those whose time is up. */
export function serveWaiters(turn: Turn): void {
  const { state, at, policy } = turn
  if (state.queue.size === 0) return
  state.queue = keepWaiters(state.queue, waiter => {
    if (serve(turn, waiter)) return false
    if (at < waiter.until) return true
    replyFailure(turn, waiter.id, fail(policy.role === 'follower' ? 'follower_waits' : 'call_timed_out'))
    return false
  })
}
