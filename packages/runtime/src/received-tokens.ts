import { isTokenText, LIFETIME_UNKNOWN_MS, NO_EXTRA, type TokenSet, type TokenType } from '@evergrant/core'
import { invalidOption } from './invalid-option.ts'

/** Tokens from elsewhere: from a sign-in, another system, an operator. */
export interface ReceivedTokens {
  readonly accessToken: string
  /** Absent: as the grant's tokens are, `DPoP` where the client has a proof of possession. */
  readonly tokenType?: TokenType
  /** Epoch ms. Absent: unknown, which counts as a short life. */
  readonly expiresAt?: number
  readonly refreshToken?: string
  readonly scope?: readonly string[]
}

/** Them as the core takes them. Throws an `EvergrantError` of code `invalid_option` for what cannot be tokens of this grant. */
export function tokenSetOf(tokens: ReceivedTokens, now: number, tokenType: TokenType): TokenSet {
  if (tokens.tokenType !== undefined && tokens.tokenType !== tokenType) {
    throw invalidOption(`tokenType is ${tokens.tokenType}, and this grant has ${tokenType} tokens`)
  }
  const { accessToken, refreshToken, scope, expiresAt = now + LIFETIME_UNKNOWN_MS } = tokens
  requireToken('accessToken', accessToken)
  if (refreshToken !== undefined) requireToken('refreshToken', refreshToken)
  if (!(expiresAt > now)) throw invalidOption(`expiresAt is ${expiresAt}, which has passed`)
  return {
    accessToken,
    tokenType,
    sentAt: now,
    expiresAt,
    lifetime: tokens.expiresAt === undefined ? 'unknown' : Number.isFinite(expiresAt) ? 'finite' : 'never',
    scope,
    refreshToken,
    extra: NO_EXTRA,
  }
}

function requireToken(name: string, token: unknown): void {
  if (typeof token !== 'string' || !isTokenText(token)) {
    throw invalidOption(`${name} is not a token: 1 to 16,384 visible ASCII characters`)
  }
}
