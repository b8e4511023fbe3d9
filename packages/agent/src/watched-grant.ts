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
  readonly #label: string
  readonly #source: AgentSource
  readonly #events: TokenEvent[] = []
  readonly #stop: () => void
  #served = 0
  #refused = 0

  constructor(name: string, source: AgentSource, label: string) {
    this.name = name
    this.#label = label
    this.#source = source
    this.#stop = source.on(event => {
      this.#events.unshift(event)
      if (this.#events.length > EVENTS_MAX) this.#events.pop()
    })
  }

  async token(options: Parameters<AgentSource['token']>[0]): Promise<AgentToken> {
    try {
      const token = await this.#source.token(options)
      this.#served += 1
      return token
    } catch (error) {
      this.#refused += 1
      throw error
    }
  }

  reject(token: string): void {
    this.#source.reject(token)
  }

  /** Whether a caller would be served without waiting. */
  get isUsable(): boolean {
    const decision = this.#source.explain()?.decision
    return decision === 'serve' || decision === 'serve_and_renew'
  }

  view(): GrantView {
    const state = this.#source.explain()
    return {
      name: this.name,
      label: this.#label,
      state,
      inWords: state === undefined ? 'Nobody has asked for a token yet.' : describe(state),
      served: this.#served,
      refused: this.#refused,
      events: [...this.#events],
    }
  }

  close(): void {
    this.#stop()
  }
}
