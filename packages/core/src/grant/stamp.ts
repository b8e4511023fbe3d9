import { fingerprintOf } from '../digest/fingerprint.ts'
import type { TokenSet } from '../message/token-set.ts'
import type { GrantPolicy } from '../policy/grant-policy.ts'
import type { GrantRecord } from '../record/grant-record.ts'
import type { Served } from './grant-effect.ts'

/**
 * The token set that a process may serve, with the instants that decide about it. Freshness is not a state:
 * it changes without an event, so it is a question asked of a stamp at an instant.
 */
export interface Stamp extends Served {
  /** From here on it should be renewed; whole ms. Each process has its own, spread over the first part of the window. */
  readonly dueAt: number
  /** From here on it is not served any more: its expiry less the margin for the way to the resource server. */
  readonly lapsesAt: number
  /** The provider did not give anything newer: no renewal before this instant while the token lives. */
  readonly renewNotBefore: number | undefined
  /** A resource server has rejected it. */
  readonly rejected: boolean
  /** How many rejected tokens in a row it replaces. */
  readonly replaces: number
  /** Whether the store holds it. */
  readonly saved: boolean
  /** The seed of its record: how the grant began that it belongs to. */
  readonly seed: string | undefined
  /** The commands that its record says are carried out. */
  readonly commands: readonly string[]
  /**
   * Since when it is held, where its instants are estimates: of another process's clock, and shortened for that.
   * `undefined` where they can be relied on.
   */
  readonly estimatedSince: number | undefined
}

/** Largest part of a life that the margin before expiry may take. */
const MARGIN_FRACTION = 0.1

/** The stamp of a record's tokens, `undefined` when it has none. `roll` spreads the fleet. */
export function stampOf(
  record: GrantRecord,
  saved: boolean,
  roll: number,
  policy: GrantPolicy,
): Stamp | undefined {
  const { tokens } = record
  if (tokens === undefined) return undefined
  const lifeMs = tokens.expiresAt - tokens.sentAt
  const windowMs = Math.min(policy.renewBeforeMs, lifeMs * policy.renewFraction)
  const dueAt = Math.floor(tokens.expiresAt - windowMs + windowMs * policy.renewSpread * roll)
  return {
    tokens,
    generation: record.generation,
    fingerprint: fingerprintOf(tokens.accessToken),
    dueAt: Math.max(dueAt, record.renewNotBefore ?? dueAt),
    lapsesAt: tokens.expiresAt - marginMs(tokens, policy),
    renewNotBefore: record.renewNotBefore,
    rejected: record.rejected,
    replaces: record.replaces,
    saved,
    seed: record.seed,
    commands: record.commands,
    estimatedSince: undefined,
  }
}

/** How old a token is, in ms. Where nobody can tell, as long as it is held: it must not pass for an old one. */
export function ageMs(stamp: Stamp, at: number): number {
  return at - (stamp.estimatedSince ?? stamp.tokens.sentAt)
}

function marginMs(tokens: TokenSet, policy: GrantPolicy): number {
  return Math.min(policy.expiryMarginMs, (tokens.expiresAt - tokens.sentAt) * MARGIN_FRACTION)
}

/** Whether a stamp holds the tokens of a stored record, and knows their instants, which may be guesses there. */
export function knowsBetter(stamp: Stamp | undefined, record: GrantRecord | undefined): stamp is Stamp {
  return stamp !== undefined && stamp.estimatedSince === undefined && isSameToken(stamp, record)
}

/** Whether a stamp is of the token that a stored record holds. */
export function isSameToken({ generation, tokens }: Stamp, record: GrantRecord | undefined): boolean {
  return generation === record?.generation && tokens.accessToken === record.tokens?.accessToken
}

/** Neither due nor lapsed: nothing has to be done about it. */
export function isFresh(stamp: Stamp | undefined, at: number): stamp is Stamp {
  return stamp !== undefined && !stamp.rejected && at < stamp.dueAt && at < stamp.lapsesAt
}

/** Should be renewed, whether or not it can still be served. */
export function isDue(stamp: Stamp | undefined, at: number): boolean {
  return !isFresh(stamp, at)
}

/** Must not be served any more. */
export function isLapsed(stamp: Stamp | undefined, at: number): boolean {
  return stamp === undefined || stamp.rejected || at >= stamp.lapsesAt
}

/** Whether a caller that wants `minValidForMs` of remaining life can be served. */
export function isUsableFor(stamp: Stamp | undefined, at: number, minValidForMs: number): stamp is Stamp {
  return stamp !== undefined && !isLapsed(stamp, at) && at + minValidForMs <= stamp.tokens.expiresAt
}

/** Whether a rejection at `at` meets a token so new that renewing it again promises nothing. */
export function isRejectedWhileFresh(stamp: Stamp, at: number, policy: GrantPolicy): boolean {
  return stamp.replaces > 0 && ageMs(stamp, at) < policy.freshForMs
}
