import type { Advice } from '../failure/failure.ts'
import type { MessageProfile } from '../message/message-profile.ts'
import type { PolicyNumbers } from '../policy/grant-policy.ts'

/** How a server that is older than RFC 8628 wants its device flow. */
export interface DeviceDialect {
  /** Parameters that the device authorization request has besides the standard's. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** The grant type of the polling request, and the parameter that carries the device code. */
  readonly grantType: string
  readonly codeParameter: string
  /** Whether the device authorization request is a GET with a query. Absent: a POST with a form. */
  readonly asksByQuery?: boolean
}

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
  /** The issuer identifier (RFC 8414 §2). Answers of the authorization endpoint are checked against it (RFC 9207). */
  readonly issuer?: string
  /** Whether every answer of the authorization endpoint names its issuer: one that does not is refused then. */
  readonly namesIssuer?: boolean
  /** Absolute URLs of further endpoints. Absent: the server has none, or none is known. */
  readonly authorizationEndpoint?: string
  readonly deviceAuthorizationEndpoint?: string
  readonly revocationEndpoint?: string
  readonly introspectionEndpoint?: string
  /** Where the server's public keys are (RFC 7517). */
  readonly jwksUri?: string
  /** Whether codes are protected by PKCE (RFC 7636 S256). Absent: they are; `none` for servers that refuse it. */
  readonly codeChallenge?: 'S256' | 'none'
  /** Absent: RFC 8628. */
  readonly deviceDialect?: DeviceDialect
  /** What looks wrong about a client's id or secret, by their shape alone. A hint, never a refusal. */
  readonly doubtClient?: (id: string, secret: string) => Advice | undefined
}
