import type { PolicyNumbers } from '@evergrant/core'

/** Where a worker's grants are kept. */
export type WorkerStore =
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'sentinel'; readonly port: number; readonly name: string }

/** What a worker is: a process of a service that needs tokens. */
export interface WorkerOptions {
  readonly store: WorkerStore
  readonly tokenEndpoint: string
  readonly id: string
  readonly secret: string
  /** The secret that takes the place of the first, where secrets are being changed. Absent: there is one only. */
  readonly nextSecret?: string
  /** The refresh token of a delegated grant; absent: client credentials. */
  readonly refreshToken?: string
  readonly keepWarm?: boolean
  readonly role?: 'renewer' | 'follower'
  readonly policy?: Partial<PolicyNumbers>
  /** Where it stops and waits to be let on. */
  readonly gates?: readonly Gate[]
}

/**
 * Places in a renewal at which a worker can be held, and killed: it has the lease and has sent nothing; its secret was
 * refused and it has not sent another; it has the answer and has stored nothing; it has stored it and told nobody.
 */
export type Gate = 'before_request' | 'after_refusal' | 'before_commit' | 'after_commit'

/** What a worker is asked. */
export type Question =
  /** Ask for a token as many times at once. */
  | { readonly type: 'ask'; readonly id: number; readonly callers: number; readonly timeoutMs: number }
  /** The token of this fingerprint was not accepted. */
  | { readonly type: 'reject'; readonly id: number }
  | { readonly type: 'explain'; readonly id: number }
  /** Have another refresh token from now on, as if it had been started with it. */
  | { readonly type: 'begin'; readonly id: number; readonly refreshToken: string }
  | { readonly type: 'open'; readonly gate: Gate }
  | { readonly type: 'close' }

/** A token that a caller was given. */
export interface GivenToken {
  readonly fingerprint: string
  readonly generation: number
  readonly expiresAt: number
  /** Epoch ms at which the caller got it. */
  readonly at: number
}

/** What a worker says. */
export type Answer =
  | { readonly type: 'ready' }
  | {
      readonly type: 'given'
      readonly id: number
      readonly tokens: readonly GivenToken[]
      /** Codes of the callers who got none. */
      readonly failures: readonly string[]
    }
  | { readonly type: 'explained'; readonly id: number; readonly explanation: unknown }
  | { readonly type: 'held'; readonly gate: Gate }
