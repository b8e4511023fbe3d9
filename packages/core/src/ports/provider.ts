import type { Advice } from '../failure/failure.ts'
import type { Members } from '../message/json-object.ts'
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

/**
 * How a server that knows nothing of RFC 6749 §4.4.2 is asked for a token of the client's own. It is asked for nothing
 * else: such a provider has client credentials, and neither scopes nor refresh tokens.
 */
export interface TokenDialect {
  /** A GET whose query says everything, or a POST of one JSON object. */
  readonly format: 'query' | 'json'
  readonly idParameter: string
  readonly secretParameter: string
  /** What the request says besides, before id and secret. Absent: nothing, not even a grant type. */
  readonly parameters?: readonly (readonly [name: string, value: string | boolean])[]
}

/** How a server that is older than RFC 7009 wants to be told that a grant has ended. */
export interface RevocationDialect {
  /** The only kind of token that it understands; the parameter that carries it. */
  readonly kind: 'access_token' | 'refresh_token'
  readonly parameter: string
  /** Whether an answer says that it was done, or that there was nothing to do. Must take any members. */
  readonly isDone: (members: Members) => boolean
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
  /** Goes before `clientSecretMethod`. Absent: RFC 6749. */
  readonly tokenDialect?: TokenDialect
  readonly profile: MessageProfile
  /** What this provider's tokens call for; the user's own numbers go before these. */
  readonly policy: Partial<PolicyNumbers>
  /** Which request renews a token that client credentials have obtained. Absent: another such request. */
  readonly renewWith?: 'client_credentials' | 'refresh_token'
  /** Whether using a refresh token invalidates it. Absent: it does, which is the cautious assumption. */
  readonly refreshTokenUse?: 'single_use' | 'reusable'
  /**
   * What another token request does: it `adds` a token to the earlier ones, or `replaces` them, which then end at once
   * or after a while. Absent: it adds one. Where it replaces, no token is asked for without the store's protection.
   */
  readonly reissue?: 'adds' | 'replaces'
  /** The issuer identifier (RFC 8414 §2). Answers of the authorization endpoint are checked against it (RFC 9207). */
  readonly issuer?: string
  /** Whether every answer of the authorization endpoint names its issuer: one that does not is refused then. */
  readonly namesIssuer?: boolean
  /** Absolute URLs of further endpoints. Absent: the server has none, or none is known. */
  readonly authorizationEndpoint?: string
  readonly deviceAuthorizationEndpoint?: string
  readonly revocationEndpoint?: string
  readonly introspectionEndpoint?: string
  /** Absent: RFC 7009. */
  readonly revocationDialect?: RevocationDialect
  /** Where the server's public keys are (RFC 7517). */
  readonly jwksUri?: string
  /** Whether codes are protected by PKCE (RFC 7636 S256). Absent: they are; `none` for servers that refuse it. */
  readonly codeChallenge?: 'S256' | 'none'
  /** Absent: RFC 8628. */
  readonly deviceDialect?: DeviceDialect
  /** What looks wrong about a client's id or secret, by their shape alone. A hint, never a refusal. */
  readonly doubtClient?: (id: string, secret: string) => Advice | undefined
}
