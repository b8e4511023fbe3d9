import type { Abort } from './abort.ts'

/**
 * Limits how often calls are made, for one process or for a whole fleet.
 *
 * Being a little late or a little strict is tolerable; admitting more than the limit costs a refused call, which is
 * repeated.
 */
export interface CallLimiter {
  /**
   * Resolves when a call may be made. Rejects with an `EvergrantError` of code `rate_limited` when too many wait
   * already or its turn would come after `waitMsMax`, and of code `aborted` when the signal is.
   */
  admit(key: string, options: { readonly waitMsMax: number; readonly signal?: Abort }): Promise<void>
  /** The API has said that this was too fast: nobody calls for `ms`. */
  slowDown(key: string, ms: number): void
  /** Lets go of timers and waiters. */
  close?(): Promise<void>
}
