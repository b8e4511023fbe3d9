import type { Advice } from '../failure/failure.ts'
import type { MessageProfile } from '../message/message-profile.ts'
import type { PolicyNumbers } from '../policy/grant-policy.ts'

/** The ways to send a client secret (RFC 6749 §2.3.1; OpenID Connect Core §9 names the first two). */
export type ClientSecretMethod = 'client_secret_basic' | 'client_secret_post' | 'client_secret_query'

/** An authorization server as data: where it is, and in what it differs from others. */
export interface Provider {
  /** A short name, part of the identity of every grant: `baidu`. */
  readonly name: string
  /** Absolute https URL. */
  readonly tokenEndpoint: string
  readonly clientSecretMethod: ClientSecretMethod
  readonly profile: MessageProfile
  /** What this provider's tokens call for; the user's own numbers go before these. */
  readonly policy: Partial<PolicyNumbers>
  /** Which request renews a token that client credentials have obtained. Absent: another such request. */
  readonly renewWith?: 'client_credentials' | 'refresh_token'
  /** Whether using a refresh token invalidates it. Absent: it does, which is the cautious assumption. */
  readonly refreshTokenUse?: 'single_use' | 'reusable'
  /** What looks wrong about a client's id or secret, by their shape alone. A hint, never a refusal. */
  readonly doubtClient?: (id: string, secret: string) => Advice | undefined
}
