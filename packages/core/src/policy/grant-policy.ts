import { EvergrantError } from '../failure/evergrant-error.ts'
import { fail } from '../failure/fail.ts'
import type { MessageProfile } from '../message/message-profile.ts'
import type { GrantIdentity, GrantType } from '../record/identity.ts'

/**
 * The numbers that govern a grant. All spans are in milliseconds. The defaults depend on what a second request
 * would cost: nothing for an idempotent grant, the whole grant for a single-use refresh token.
 */
export interface PolicyNumbers {
  /** How long before expiry renewal begins. 0 or more; cut to `renewFraction` of the life of short tokens. */
  readonly renewBeforeMs: number
  /** The largest part of a token's life that the renewal window may take. 0 to 0.9. */
  readonly renewFraction: number
  /** The part of the window over which the processes of a fleet spread their first attempt. 0 to 1. */
  readonly renewSpread: number
  /**
   * How long before its expiry a token stops being served, so that it does not expire on its way. Cut to a
   * tenth of the life of short tokens.
   */
  readonly expiryMarginMs: number
  /**
   * How far from the true time the clock of a machine may be. Counts only where a store does not tell a record's
   * age; a foreign token then lives twice this span shorter.
   */
  readonly clockSkewMs: number
  /** Total time of one token request. */
  readonly requestTimeoutMs: number
  /** How long a freshly won token set may stay unsaved before it is served all the same. */
  readonly commitBudgetMs: number
  /** Age at which a lease has lapsed. At least `requestTimeoutMs + commitBudgetMs`. */
  readonly leaseMs: number
  /**
   * How long after its first presentation a single-use refresh token may be presented again, because the
   * server tolerates it (a "grace period" or "reuse interval"). 0: never. Leave what a request may take to the
   * server's own number. Where a store tells no time, no process but the first presents it again.
   */
  readonly replayWindowMs: number
  /** Longest wait for one store operation. */
  readonly storeTimeoutMs: number
  /** Time between two looks at the record while somebody else renews it: what a lost hint costs. */
  readonly pollMs: number
  /** Time between two looks at the record of a grant that is kept warm, or cannot be had, though nothing hints at a change. */
  readonly recheckMs: number
  /** Shortest pause after a transient failure, and the base of the exponential backoff. */
  readonly backoffMinMs: number
  /** Longest pause after a transient failure. */
  readonly backoffMaxMs: number
  /** Attempts after the first that callers wait for; afterwards they fail fast until the pause is over. */
  readonly quickRetriesMax: number
  /** Longest Retry-After that is believed. */
  readonly retryAfterMsMax: number
  /** First pause after a terminal failure, before one probe; doubles up to `latchMaxMs`. */
  readonly latchMs: number
  /** Longest pause after a terminal failure. */
  readonly latchMaxMs: number
  /** Shortest time between two renewals of a token that does not advance. */
  readonly nonAdvancingMinMs: number
  /** A token rejected before this age counts as rejected while fresh: renewing did not help. */
  readonly freshForMs: number
  /** Shortest time between two token requests made without the store's protection. */
  readonly unguardedIntervalMs: number
  /**
   * Most token requests that one process makes for this grant within an hour. A rate that no lifetime explains is a
   * defect somewhere, for which platforms ban clients; beyond it none is made until the hour is over.
   */
  readonly requestsPerHourMax: number
  /** How long a caller waits for a token unless it says otherwise. */
  readonly callTimeoutMs: number
  /** Callers that may wait at the same time, those of one millisecond counted as one. 1 or more. */
  readonly waitersMax: number
  /** Largest answer of a token endpoint, in bytes. */
  readonly bodyBytesMax: number
  /** Longest token lifetime that is believed. */
  readonly lifetimeMsMax: number
}

/** Everything about a grant that does not change while it lives. */
export interface GrantPolicy extends PolicyNumbers {
  readonly identity: GrantIdentity
  /** A name of this session that no other session of any process has. */
  readonly holder: string
  readonly profile: MessageProfile
  /** Which request renews the token: a refresh, or another of its own type; a refresh falls back to that where it can. */
  readonly renewWith: GrantType
  /** Whether the server invalidates a refresh token when it is used. */
  readonly refreshTokenUse: 'single_use' | 'reusable'
  /** Whether another token request ends the tokens before it. */
  readonly reissue: 'adds' | 'replaces'
  /**
   * The refresh token that a delegated grant begins with, where the store has none yet. Once used, the store's
   * takes its place; a different one is tried when the stored grant has ended.
   */
  readonly seedRefreshToken: string | undefined
  /** A follower reads what others renew, and never asks for tokens itself. */
  readonly role: 'renewer' | 'follower'
  /** Renew when due without being asked. */
  readonly keepWarm: boolean
  /** Whether other processes write to the same store. */
  readonly shared: boolean
  /**
   * Whether a session that has not seen the record yet tries for the lease before it reads. That saves a round trip
   * where a refused write, which brings the record along, costs no more than a read; only grants that can be asked
   * for again begin so.
   */
  readonly leaseUnseen: boolean
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The defaults for grants that can be asked for again at no cost. */
export const IDEMPOTENT_DEFAULTS: PolicyNumbers = {
  renewBeforeMs: 5 * MINUTE,
  renewFraction: 0.2,
  renewSpread: 0.25,
  expiryMarginMs: 10 * SECOND,
  clockSkewMs: 5 * MINUTE,
  requestTimeoutMs: 5 * SECOND,
  commitBudgetMs: 1 * SECOND,
  leaseMs: 7 * SECOND,
  replayWindowMs: 0,
  storeTimeoutMs: 2 * SECOND,
  pollMs: 1 * SECOND,
  recheckMs: 25 * SECOND,
  backoffMinMs: 250,
  backoffMaxMs: 1 * MINUTE,
  quickRetriesMax: 2,
  retryAfterMsMax: 1 * HOUR,
  latchMs: 30 * SECOND,
  latchMaxMs: 5 * MINUTE,
  nonAdvancingMinMs: 30 * SECOND,
  freshForMs: 1 * MINUTE,
  unguardedIntervalMs: 10 * SECOND,
  requestsPerHourMax: 1_000,
  callTimeoutMs: 30 * SECOND,
  waitersMax: 10_000,
  bodyBytesMax: 1_048_576,
  lifetimeMsMax: 366 * DAY,
}

/**
 * The defaults for grants whose refresh token works once, or whose tokens end when others are asked for: patience is
 * cheap, a second request is not.
 */
export const SINGLE_USE_DEFAULTS: PolicyNumbers = {
  ...IDEMPOTENT_DEFAULTS,
  requestTimeoutMs: 15 * SECOND,
  commitBudgetMs: 5 * SECOND,
  leaseMs: 25 * SECOND,
}

/** What must be said about a grant; the rest has defaults. */
export type GrantPolicyInput = Pick<GrantPolicy, 'identity' | 'holder' | 'profile'> &
  Partial<Omit<GrantPolicy, 'identity' | 'holder' | 'profile'>>

/**
 * A complete policy. Throws an `EvergrantError` of code `invalid_option` when a number is out of its range or
 * two of them contradict each other.
 */
export function grantPolicy(input: GrantPolicyInput): GrantPolicy {
  const renewWith = input.renewWith ?? input.identity.grantType
  const refreshTokenUse = input.refreshTokenUse ?? 'single_use'
  const spends = renewWith === 'refresh_token' && refreshTokenUse === 'single_use'
  const reissue = input.reissue ?? 'adds'
  const policy: GrantPolicy = {
    ...(spends || reissue === 'replaces' ? SINGLE_USE_DEFAULTS : IDEMPOTENT_DEFAULTS),
    seedRefreshToken: undefined,
    role: 'renewer',
    keepWarm: false,
    shared: true,
    leaseUnseen: false,
    ...withoutUndefined(input),
    identity: input.identity,
    holder: input.holder,
    profile: input.profile,
    renewWith,
    refreshTokenUse,
    reissue,
  }
  assertPolicy(policy)
  return policy
}

/** Numbers that may be zero, and numbers that need not be whole; all others are whole and at least 1. */
const MAY_BE_ZERO = /^(renew|expiryMargin|clockSkew|commitBudget|replayWindow|quickRetries|freshFor)/
const NOT_WHOLE = /^renew(Fraction|Spread)$/

function assertPolicy(policy: GrantPolicy): void {
  for (const name of Object.keys(IDEMPOTENT_DEFAULTS) as (keyof PolicyNumbers)[]) {
    const value = policy[name]
    const sound = NOT_WHOLE.test(name) ? Number.isFinite(value) : Number.isSafeInteger(value)
    const least = MAY_BE_ZERO.test(name) ? 0 : 1
    ensure(sound && value >= least, () => `${name} is ${value}, not a number of at least ${least}`)
  }
  ensureAtMost(policy, 'renewFraction', 0.9)
  ensureAtMost(policy, 'renewSpread', 1)
  ensureAtMost(policy, 'backoffMinMs', policy.backoffMaxMs)
  ensureAtMost(policy, 'latchMs', policy.latchMaxMs)
  ensureAtMost(policy, 'requestTimeoutMs', policy.nonAdvancingMinMs)
  // A lease that ends before its request and commit can have ended invites a second holder.
  ensureAtMost(policy, 'requestTimeoutMs', policy.leaseMs - policy.commitBudgetMs)
  const delegated = policy.identity.grantType === 'refresh_token'
  ensure(
    !delegated || policy.renewWith === 'refresh_token',
    () => 'a delegated grant renews with its refresh token',
  )
  ensure(
    policy.renewWith === 'refresh_token' || policy.renewWith === policy.identity.grantType,
    () => `a grant of type ${policy.identity.grantType} cannot be renewed with ${policy.renewWith}`,
  )
  ensure(delegated || policy.seedRefreshToken === undefined, () => 'seedRefreshToken is for delegated grants')
}

function ensureAtMost(policy: GrantPolicy, name: keyof PolicyNumbers, most: number): void {
  ensure(policy[name] <= most, () => `${name} is ${policy[name]}, more than ${most}`)
}

function ensure(holds: boolean, problem: () => string): void {
  if (!holds) throw new EvergrantError(fail('invalid_option', { message: `Invalid policy: ${problem()}.` }))
}

function withoutUndefined<Input extends object>(input: Input): Input {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Input
}
