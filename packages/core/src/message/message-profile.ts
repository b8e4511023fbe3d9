import type { Failure } from '../failure/failure.ts'
import type { Members } from './json-object.ts'
import type { LifetimeRules } from './lifetime.ts'

/** An answer that is not a token, as a provider's classifier sees it. */
export interface ErrorView {
  readonly status: number
  /** The `error` member (RFC 6749 §5.2), `undefined` when it is missing or not a string. */
  readonly error: string | undefined
  /** The `error_description` member, raw and untrusted. */
  readonly description: string | undefined
  /** All members of the answer, translated; empty when the body is not a JSON object. */
  readonly members: Members
  /** The first value of a header field: gateways tell errors there, without a body. */
  readonly header: (name: string) => string | undefined
}

/**
 * What one provider's token endpoint is allowed to answer: RFC 6749 with the deviations written down.
 * Pure data and pure functions; spread one of the two ready-made profiles to describe another provider.
 */
export interface MessageProfile {
  /** `false` refuses what deviates from RFC 6749 §5.1 in ways that harm nobody. */
  readonly tolerant: boolean
  readonly lifetime: LifetimeRules
  /** The token type of an answer that names none; `undefined` refuses such an answer. */
  readonly tokenTypeAbsent: 'Bearer' | undefined
  /** `ignore` neither keeps nor stores refresh tokens: for providers that send them along without use. */
  readonly refreshToken: 'keep' | 'ignore'
  /** Members that are never kept, though unknown members are: for secrets nobody needs. */
  readonly membersIgnored: readonly string[]
  /**
   * The members of an answer under RFC 6749's names, for a provider that has names of its own: a token called
   * `tenant_access_token`, a life called `expire`, an error told by a number that is not 0. Must take any members and
   * return a fresh map. What it returns is trusted no more than what came: types, lengths and characters are checked
   * after it, and a member it leaves out is missing.
   */
  readonly translate?: (members: Members) => Members
  /** Whether an answer that has none of the standard's error members is an error all the same. */
  readonly isError?: (members: Members) => boolean
  /** The provider's own reading of an error; `undefined` falls back to the standard's. */
  readonly classifyError?: (view: ErrorView) => Failure | undefined
  /**
   * The expiry instant (epoch ms by the server's clock) that stands in the text of a token, or in another member of
   * the answer (given as it came, not translated). A hint: it may shorten a life and can stand in for a missing
   * `expires_in`, but never lengthens a life. `undefined` when neither tells.
   */
  readonly expiryHint?: (accessToken: string, members: Members) => number | undefined
}

/** RFC 6749 as servers practise it: harmless deviations are read for what they mean. */
export const tolerantProfile: MessageProfile = {
  tolerant: true,
  lifetime: { asText: true, absent: 'unknown' },
  tokenTypeAbsent: 'Bearer',
  refreshToken: 'keep',
  membersIgnored: [],
}

/** RFC 6749 to the letter: deviations are failures of kind `distrust`. */
export const strictProfile: MessageProfile = {
  tolerant: false,
  lifetime: { asText: false, absent: 'unknown' },
  tokenTypeAbsent: undefined,
  refreshToken: 'keep',
  membersIgnored: [],
}

/**
 * The profile of a grant that lives by its refresh tokens: they are kept, also from a provider that sends them along
 * with client credentials to no use.
 */
export function keepingRefreshTokens(profile: MessageProfile): MessageProfile {
  return profile.refreshToken === 'keep' ? profile : { ...profile, refreshToken: 'keep' }
}
