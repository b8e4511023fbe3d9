import type { Advice, Failure } from '../failure/failure.ts'
import type { GrantReport } from '../grant/grant-effect.ts'

/** Where and when something happened. */
export interface EventOrigin {
  /** Epoch ms. */
  readonly at: number
  /** The provider's name. */
  readonly provider: string
  /** A short name of the grant that is safe to log; the same in every process. */
  readonly grant: string
}

/** What the runtime itself has to say, beyond what the grant machine reports. */
export type RuntimeReport =
  /** By its shape, a client id or secret looks like something else. Told once, before the first request. */
  | { readonly type: 'client.doubtful'; readonly advice: Advice }
  /** Tokens that nobody will use were given up: the server has revoked them, or they end by themselves. */
  | { readonly type: 'token.discarded'; readonly revoked: boolean }
  /**
   * Another secret of a ring works than before, by its place from 0 on. The server has refused those at `removable`:
   * they can be taken out.
   */
  | {
      readonly type: 'secret.switched'
      readonly from: number
      readonly to: number
      readonly removable: readonly number[]
    }
  /** A store operation has failed, for a reason that the store itself gives. The machine tries it again. */
  | { readonly type: 'store.refused'; readonly failure: Failure }
  /** The store would not tell of changes; the record is polled instead. */
  | { readonly type: 'subscription.failed' }

/** Something that happened to a grant. Holds no token, secret or client id. */
export type TokenEvent = EventOrigin & (GrantReport | RuntimeReport)

export type TokenListener = (event: TokenEvent) => void
