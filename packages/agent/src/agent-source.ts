import type { Explanation, TokenListener } from '@evergrant/core'

/** A token, as far as it is handed on. */
export interface AgentToken {
  readonly accessToken: string
  readonly tokenType: string
  /** Epoch ms; `Infinity` when it has no end. */
  readonly expiresAt: number
  /** `unknown`: the server did not say, and the end is a guess on the safe side. */
  readonly lifetime: 'finite' | 'unknown' | 'never'
  readonly scope: readonly string[] | undefined
  readonly fingerprint: string
}

/** What an agent hands out the tokens of: every `TokenSource` is one. */
export interface AgentSource {
  token(options: { readonly minValidForMs?: number; readonly signal?: AbortSignal }): Promise<AgentToken>
  reject(token: string): void
  explain(): Explanation | undefined
  on(listener: TokenListener): () => void
}
