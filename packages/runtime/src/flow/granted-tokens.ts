import type { TokenSet } from '@evergrant/core'
import type { ReceivedTokens } from '../received-tokens.ts'

/** What a sign-in has brought: hand it to `source.receive()`. Printing it shows tokens; do not. */
export interface GrantedTokens extends ReceivedTokens {
  /** On whose behalf, as `begin` was told. */
  readonly subject?: string
  /** Further members of the answer, `id_token` for instance. May be secret. */
  readonly extra: TokenSet['extra']
}

export function grantedTokens(tokens: TokenSet, subject?: string): GrantedTokens {
  const { accessToken, tokenType, refreshToken, scope, expiresAt, lifetime, extra } = tokens
  return {
    accessToken,
    ...(tokenType !== 'Bearer' && { tokenType }),
    ...(lifetime !== 'unknown' && { expiresAt }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(scope !== undefined && { scope }),
    ...(subject !== undefined && { subject }),
    extra,
  }
}
