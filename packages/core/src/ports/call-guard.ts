import type { ApiFailure, CallTarget } from '../call/resource-server.ts'
import type { Abort } from './abort.ts'

/**
 * How a call ended: well, with a failure, or without any answer. `untold`: it was not made, or its caller left, so that
 * nothing is known of the API.
 */
export type CallEnd = 'answered' | 'lost' | 'untold' | ApiFailure

/** Stands before every call: decides when, and whether, it may be made, and hears how it ended. */
export interface CallGuard {
  /**
   * `undefined` when the call may be made at once; else a promise that resolves when it may. Rejects, or throws, an
   * `EvergrantError` of code `rate_limited`, `circuit_open` or `aborted`. What was entered must be left.
   */
  enter(target: CallTarget, signal?: Abort): Promise<void> | undefined
  leave(target: CallTarget, end: CallEnd): void
}
