import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { tokenRequest } from '../message/token-request.ts'
import type { TokenSet } from '../message/token-set.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import { emptyRecord, type GrantRecord, isLaterGrant } from '../record/grant-record.ts'
import { canAskAgain } from '../record/identity.ts'
import { countRequest } from './budget.ts'
import type { RenewalReason } from './grant-effect.ts'
import type { Flight } from './grant-state.ts'
import { hasNewSeed, isSpent, seedFingerprint } from './seed.ts'
import { isDue } from './stamp.ts'
import { encoded } from './store-clock.ts'
import { exceptEnd, told } from './trouble.ts'
import { report, startRequest, startWrite, type Turn } from './turn.ts'

/** What the next token request would present, or why there can be none. */
export type Plan =
  | { readonly refreshToken: string | undefined; readonly spends: boolean; readonly firstUse: boolean }
  | { readonly failure: Failure }

/** A request that presents nothing but the client's own credentials. */
export const ASK_ANEW: Exclude<Plan, { failure: Failure }> = {
  refreshToken: undefined,
  spends: false,
  firstUse: true,
}

/**
 * Chooses the request: a refresh where the policy says so and a refresh token may be presented, else client
 * credentials where those can obtain the grant, else nothing.
 *
 * A single-use refresh token whose presentation may have reached the server is presented again only within
 * `replayWindowMs`. Beyond it, doing so would be a replay to the server, which may revoke the whole family.
 */
export function planRenewal(turn: Turn): Plan {
  const { at, policy } = turn
  const base = newestRecord(turn)
  const newSeed = hasNewSeed(base, at, policy)
  const refreshToken = newSeed ? policy.seedRefreshToken : heldRefreshToken(base, policy)
  if (policy.renewWith === 'refresh_token' && refreshToken !== undefined) {
    if (policy.refreshTokenUse === 'reusable') return { refreshToken, spends: false, firstUse: true }
    if (newSeed || !isSpent(base, at, policy)) {
      return { refreshToken, spends: true, firstUse: newSeed || base.spentAt === undefined }
    }
    if (policy.identity.grantType === 'refresh_token') return { failure: fail('response_lost') }
  }
  if (canAskAgain(policy.identity)) return ASK_ANEW
  return { failure: fail('refresh_token_missing') }
}

/**
 * The refresh token of a grant: that of its newest generation, or the configured one as long as it has none: at its
 * beginning, or while a new beginning is under way.
 */
function heldRefreshToken(base: GrantRecord, policy: GrantPolicy): string | undefined {
  const begins = base.generation === 0 || base.spentAt !== undefined
  const atSeed = begins && base.seed === seedFingerprint(policy)
  return base.tokens?.refreshToken ?? (atSeed ? policy.seedRefreshToken : undefined)
}

/** Writes the intent: the lease, and with it the mark that a single-use refresh token is about to be presented. */
export function takeLease(turn: Turn, plan: Exclude<Plan, { failure: Failure }>): void {
  const { state, at } = turn
  const fence = Math.max(state.fenceSeen, state.stamp?.generation ?? 0) + 1
  const flight: Flight = {
    ...plan,
    fence,
    leaseAskedAt: at,
    leaseStoredAt: undefined,
    guarded: true,
    reason: reasonOf(turn),
    seedBefore: newestRecord(turn).seed,
  }
  state.fenceSeen = fence
  state.flight = flight
  startWrite(turn, 'leasing', {
    value: encoded(turn, leaseRecord(turn, flight)).value,
    expected: state.known?.version,
    ...retained(retention(turn)),
  })
}

/**
 * The record that says "I am asking": all that is known, and the lease. A grant that begins with the configured
 * refresh token takes the place of one that has ended, whose own refresh token is of no more use.
 */
export function leaseRecord(turn: Turn, flight: Flight): GrantRecord {
  const { state, policy } = turn
  const base = newestRecord(turn)
  const { refreshToken } = flight
  const begins = refreshToken !== undefined && refreshToken === policy.seedRefreshToken
  const goesOn = base.tokens?.refreshToken === refreshToken
  const trouble = told(state.trouble, base.trouble)
  return {
    ...base,
    tokens: begins && !goesOn && base.tokens ? { ...base.tokens, refreshToken: undefined } : base.tokens,
    fence: flight.fence,
    lease: { holder: policy.holder, ...(flight.spends && flight.firstUse && { presents: true }) },
    spentAt: flight.spends ? (flight.firstUse ? flight.leaseAskedAt : base.spentAt) : base.spentAt,
    // That a grant has ended says nothing about the one that begins in its place.
    trouble: begins && trouble?.until === Number.POSITIVE_INFINITY ? undefined : trouble,
    seed: begins ? seedFingerprint(policy) : base.seed,
    writer: policy.holder,
  }
}

/** The record as this process knows it best: what was read, with its own stamp where that is newer. */
export function newestRecord(turn: Turn): GrantRecord {
  const { known, stamp } = turn.state
  const base = known?.record ?? emptyRecord(turn.policy.identity)
  if (stamp === undefined) return base
  if (stamp.generation <= base.generation || isLaterGrant(base, stamp.commands)) {
    // A provider may give a token again, under another number.
    const same = stamp.tokens.accessToken === base.tokens?.accessToken
    return same && stamp.rejected ? { ...base, rejected: true } : base
  }
  return {
    ...base,
    generation: stamp.generation,
    tokens: stamp.tokens,
    rejected: stamp.rejected,
    replaces: stamp.replaces,
    seed: stamp.seed,
    commands: stamp.commands,
    spentAt: undefined,
    // Whose refresh token was refused is the one of an older generation.
    trouble: exceptEnd(base.trouble),
  }
}

/**
 * How long a written record is worth keeping, in epoch ms: a bare access token no longer than it lives, and
 * failures no longer than a latch lasts. `undefined`: without limit, because it holds a refresh token.
 */
export function retention(
  turn: Turn,
  tokens: TokenSet | undefined = turn.state.stamp?.tokens,
): number | undefined {
  if (turn.policy.identity.grantType === 'refresh_token' || tokens?.refreshToken !== undefined)
    return undefined
  const until = Math.max(tokens?.expiresAt ?? 0, turn.at) + turn.policy.latchMaxMs
  return Number.isFinite(until) ? Math.ceil(until) : undefined
}

/** The member of a `Change` that says so. */
export function retained(until: number | undefined): { retainUntil?: number } {
  return until === undefined ? {} : { retainUntil: until }
}

/**
 * Sends the token request, if the lease leaves time for it. A session that was paused between asking for the
 * lease and learning that it has it must not send: its lease may be over, and another's begun. Returns whether
 * it was sent.
 */
export function beginRequest(turn: Turn, flight: Flight): boolean {
  const { state, at, policy } = turn
  const leftMs = flight.leaseAskedAt + policy.leaseMs - policy.commitBudgetMs - at
  const timeoutMs = flight.guarded ? Math.min(policy.requestTimeoutMs, leftMs) : policy.requestTimeoutMs
  if (timeoutMs * 2 < policy.requestTimeoutMs) return false
  state.asked = false
  state.probing = false
  state.flight = flight
  countRequest(turn)
  report(turn, {
    type: 'renewal.started',
    fence: flight.fence,
    reason: flight.reason,
    guarded: flight.guarded,
  })
  startRequest(turn, tokenRequest(policy.identity, flight.refreshToken), Math.floor(timeoutMs))
  return true
}

/**
 * Asks for tokens without the store's protection: only for grants where a second request costs nothing, and
 * not more often than `unguardedIntervalMs`.
 */
export function beginUnguarded(turn: Turn): void {
  const { state, at } = turn
  state.unguardedAt = at
  const flight: Flight = {
    fence: Math.max(state.fenceSeen, state.stamp?.generation ?? 0) + 1,
    leaseAskedAt: at,
    leaseStoredAt: undefined,
    guarded: false,
    reason: reasonOf(turn),
    refreshToken: undefined,
    spends: false,
    firstUse: true,
    seedBefore: undefined,
  }
  state.flight = flight
  beginRequest(turn, flight)
}

function reasonOf(turn: Turn): RenewalReason {
  const { stamp } = turn.state
  if (stamp === undefined) return 'first'
  if (stamp.rejected) return 'rejected'
  if (turn.at >= stamp.lapsesAt) return 'lapsed'
  return isDue(stamp, turn.at) ? 'due' : 'short_lived'
}
