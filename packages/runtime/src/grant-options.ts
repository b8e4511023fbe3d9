import type { PolicyNumbers, Provider, Secret } from '@evergrant/core'
import type { Client } from './client-gate.ts'
import type { ExchangeGrant } from './token-exchange.ts'
import type { Revocation } from './token-revocation.ts'

/** One grant: whose, from where, and how to keep it. */
export interface GrantOptions {
  readonly provider: Provider
  readonly client: Client
  /** Client credentials by default. */
  readonly grant?:
    | { readonly type: 'client_credentials' }
    /** A delegated grant. The refresh token is needed only while the store has none. */
    | {
        readonly type: 'refresh_token'
        readonly refreshToken?: string | Secret
        /**
         * Scopes that every refresh asks for, fewer than were granted (RFC 6749 §6). Such a source has a grant of its
         * own, and needs a refresh token of its own where those work once.
         */
        readonly narrowTo?: readonly string[]
      }
    /** Made by `tokenExchange()`. */
    | ExchangeGrant
  /** On whose behalf: keeps the grants of several users or tenants apart. Required for a token exchange. */
  readonly subject?: string
  readonly scopes?: readonly string[]
  readonly audience?: string
  /** Resource indicators (RFC 8707). */
  readonly resources?: readonly string[]
  /** Made by `tokenRevocation()`. Absent: nothing is revoked, and `signOut()` is not possible. */
  readonly revocation?: Revocation
  /** Renew before anybody asks. `false` by default: renewal begins when a token that is due is asked for. */
  readonly keepWarm?: boolean
  /**
   * `follower` never renews: it reads what another process renews, and tells it by way of the store of a token that was
   * rejected here. It needs a `store`, the one that the renewer writes to. `renewer` by default.
   */
  readonly role?: 'renewer' | 'follower'
  /** Numbers that differ from the provider's and from the defaults. */
  readonly policy?: Partial<PolicyNumbers>
}
