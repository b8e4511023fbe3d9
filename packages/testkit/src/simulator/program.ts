import type { PolicyNumbers, Provider, Secret, Store, Transport } from '@evergrant/core'

/**
 * The program under test, as a simulated world sees it. A world knows nothing about the runtime that it tries;
 * whoever calls `simulate` puts one in.
 *
 * @module
 */

/** The clocks and the timer of a simulated machine. */
export interface SimulatedTime {
  /** Epoch ms; wrong by up to five minutes, and set back and forth. */
  wallMs(): number
  /** Ms since the machine was started; never set, stands still while the machine sleeps. */
  monotonicMs(): number
  /** Calls back after `ms` of the monotonic clock, or later if the process stands still by then. */
  after(ms: number, callback: () => void): () => void
}

/** Everything that a program may use: there is no other way out of a simulation. */
export interface Surroundings {
  readonly store: Store
  readonly transport: Transport
  readonly time: SimulatedTime
  /** A number of [0, 1). */
  readonly random: () => number
  /** A name that no other session of any simulated process has. */
  readonly newHolderName: () => string
}

/** The grant that a process shall keep. */
export interface GrantWish {
  readonly provider: Provider
  readonly client: { readonly id: string; readonly secret: Secret }
  readonly grant:
    | { readonly type: 'client_credentials' }
    | { readonly type: 'refresh_token'; readonly refreshToken?: string }
  readonly subject: string
  readonly keepWarm: boolean
  readonly role: 'renewer' | 'follower'
  readonly policy: Partial<PolicyNumbers>
}

export interface ProgramToken {
  readonly accessToken: string
  /** By the clock of the process. */
  readonly expiresAt: number
  readonly generation: number
}

/** What a program tells about itself. */
export interface ProgramEvent {
  readonly type: string
  /** By the clock of the process. */
  readonly at: number
  readonly generation?: number
  readonly fence?: number
  readonly guarded?: boolean
}

interface CallLimits {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** One grant in one process. Rejects with core's `EvergrantError`. */
export interface ProgramSource {
  token(options?: CallLimits & { readonly minValidForMs?: number }): Promise<ProgramToken>
  current(): ProgramToken | undefined
  reject(accessToken: string): void
  watch(options: { readonly signal: AbortSignal }): AsyncIterable<ProgramToken>
  receive(
    tokens: { readonly accessToken: string; readonly expiresAt: number; readonly refreshToken: string },
    options?: CallLimits,
  ): Promise<void>
  drop(options?: CallLimits): Promise<void>
  explain(): unknown
  on(listener: (event: ProgramEvent) => void): () => void
}

/** A running program. */
export interface Program {
  /** What it takes for the time, epoch ms. */
  now(): number
  source(wish: GrantWish): ProgramSource
  close(): Promise<void>
}
