import type { ListenOptions } from '../listening.ts'

/**
 * How a token endpoint misbehaves: it has the trouble that its platform calls being busy; it limits the rate; a token is
 * given and the connection breaks.
 */
export type PlatformFault = 'busy' | 'limit' | 'lost_answer'

export const PLATFORM_FAULTS: readonly PlatformFault[] = ['busy', 'limit', 'lost_answer']

/** Something that the sandbox was asked, without secrets. */
export interface PlatformRequest {
  /** By the sandbox's clock. */
  readonly at: number
  readonly path: string
  /** What came of it: `token`, `ok`, an error code or a fault. */
  readonly outcome: string
}

export interface PlatformSandboxOptions extends ListenOptions {
  /** Lifetime of new tokens in seconds. 7,200 by default. */
  readonly lifetimeSeconds?: number
  /** Tell the full lifetime with a token that is given again, as WeCom may. `false` by default: what is left of it. */
  readonly tellsFullLife?: boolean
  /** How long every token answer takes, in ms. 0 by default. */
  readonly latencyMs?: number
  /** Called with every request once it is answered. */
  readonly onRequest?: (request: PlatformRequest) => void
  /** The sandbox's clock, in epoch ms. The system's by default. */
  readonly now?: () => number
}
