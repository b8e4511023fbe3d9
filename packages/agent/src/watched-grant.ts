import { describe, type Explanation, type TokenEvent } from '@evergrant/core'
import type { AgentSource, AgentToken } from './agent-source.ts'

/** Events that are remembered of each grant. */
const EVENTS_MAX = 50

/** What is shown of a grant: no token, no secret, no client id. */
export interface GrantView {
  readonly name: string
  /** Whose tokens they are, for people. */
  readonly label: string
  /** `undefined` before anybody has asked. */
  readonly state: Explanation | undefined
  /** The state in one sentence. */
  readonly inWords: string
  /** How often its token was handed out since the agent began. */
  readonly served: number
  readonly refused: number
  /** The last ones, the newest first. */
  readonly events: readonly TokenEvent[]
}

/** A grant of an agent, and what has become of it. */
export class WatchedGrant {
  readonly name: string
  readonly source: AgentSource
  readonly #label: string
  readonly #events: TokenEvent[] = []
  readonly #stop: () => void
  /** Whose it is, as its events have it; `undefined` before the first. */
  origin: Readonly<Pick<TokenEvent, 'provider' | 'grant'>> | undefined
  served = 0
  refused = 0

  constructor(name: string, source: AgentSource, label: string) {
    this.name = name
    this.source = source
    this.#label = label
    this.#stop = source.on(event => {
      const { provider, grant } = event
      this.origin = { provider, grant }
      this.#events.unshift(event)
      if (this.#events.length > EVENTS_MAX) this.#events.pop()
    })
  }

  /** A token that is one. Throws what the source throws. */
  async token(options: Parameters<AgentSource['token']>[0]): Promise<AgentToken> {
    const token = await this.source.token(options)
    if (Number.isNaN(token.expiresAt)) throw new TypeError('the end of a token is no number')
    return token
  }

  /** Whether a caller would be served without waiting. */
  get isUsable(): boolean {
    const decision = this.source.explain()?.decision
    return decision === 'serve' || decision === 'serve_and_renew'
  }

  view(): GrantView {
    const { name, served, refused } = this
    const state = this.source.explain()
    return {
      name,
      label: this.#label,
      state,
      inWords: state === undefined ? 'Nobody has asked for a token yet.' : describe(state),
      served,
      refused,
      events: [...this.#events],
    }
  }

  close(): void {
    this.#stop()
  }
}
