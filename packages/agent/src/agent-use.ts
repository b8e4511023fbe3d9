import type { TokenEvent } from '@evergrant/core'

/** Something that was done with a token through the agent, for an audit log. Holds no token. */
export interface AgentUse {
  readonly what: 'token.handed_out' | 'token.rejected' | 'token.refused'
  /** The name of the grant in the agent. */
  readonly name: string
  /** Whose grant it is, as its events have it; `undefined` before there was any. */
  readonly origin: Readonly<Pick<TokenEvent, 'provider' | 'grant'>> | undefined
  /** Of the token; `undefined` where none was handed out. */
  readonly fingerprint: string | undefined
  /** The code of the failure; `undefined` where there is none. */
  readonly code: string | undefined
  readonly door: 'socket' | 'port'
}
