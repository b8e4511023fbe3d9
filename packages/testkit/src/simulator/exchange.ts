import type { Issue } from './authorization-server.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** A token request on its way, and what the client knows of its end. */
export interface Exchange {
  readonly number: number
  readonly process: SimulatedProcess
  readonly grant: SimulatedGrant
  /** What was presented; `undefined` for client credentials. */
  readonly refreshToken: string | undefined
  readonly sentAt: number
  /** How long the client waits, by its own clock. */
  readonly timeoutMs: number
  /** Whether the program has said that it holds a lease. */
  readonly guarded: boolean
  /** How many copies of the request reach the server. */
  copies: number
  /**
   * - `open`: it waits;
   * - `won`: it has read a token;
   * - `refused`: it has read words, or a 429 or 503, that prove that nothing was used up;
   * - `not_sent`: nothing was sent;
   * - `unknown`: anything may have happened.
   */
  end: 'open' | 'won' | 'refused' | 'not_sent' | 'unknown'
  /** Of the answer that the client has read; `undefined` when there was none. */
  status: number | undefined
  /** The token that it has brought; `undefined` as long as it has not. */
  issue: Issue | undefined
}

/** The part of its patience that a program has at least when its clock is set forward meanwhile. */
const PATIENCE_FRACTION = 0.7

/** Whether the client may have given up on it, for its clock was set and it has waited nearly as long as it would. */
export function mayBeGivenUp({ process, sentAt, timeoutMs }: Exchange): boolean {
  return process.machine.wasSet && process.world.now - sentAt >= timeoutMs * PATIENCE_FRACTION
}
