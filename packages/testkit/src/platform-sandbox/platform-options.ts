import type { ListenOptions } from '../listening.ts'

/**
 * How a token endpoint misbehaves: it has the trouble that its platform calls being busy; it limits the rate; a token is
 * given and the connection breaks.
 */
export type PlatformFault = 'busy' | 'limit' | 'lost_answer'

export interface PlatformSandboxOptions extends ListenOptions {
  /** Lifetime of new tokens in seconds. 7,200 by default. */
  readonly lifetimeSeconds?: number
  /** Tell the full lifetime with a token that is given again, as WeCom may. `false` by default: what is left of it. */
  readonly tellsFullLife?: boolean
  /** How long every token answer takes, in ms. 0 by default. */
  readonly latencyMs?: number
  /** The sandbox's clock, in epoch ms. The system's by default. */
  readonly now?: () => number
}
