/** An unknown member of a token response, kept for whoever needs it. */
export type ExtraValue = string | number | boolean

/** What most answers bring beyond what RFC 6749 defines: one value for all, for there may be very many tokens. */
export const NO_EXTRA: Readonly<Record<string, ExtraValue>> = Object.freeze(Object.create(null))

/** How a token is presented: as it is (RFC 6750), or with a proof of the key that it is bound to (RFC 9449). */
export type TokenType = 'Bearer' | 'DPoP'

/**
 * What a token endpoint granted, in Evergrant's terms. Instants are epoch milliseconds of the clock of the
 * process that holds the value; they are translated whenever a token set crosses a store.
 */
export interface TokenSet {
  readonly accessToken: string
  readonly tokenType: TokenType
  /** When the request that brought this token was sent. */
  readonly sentAt: number
  /** `sentAt` plus the lifetime; `Infinity` when the token never expires. */
  readonly expiresAt: number
  /** Whether the lifetime was told (`finite`), guessed (`unknown`), or is documented as endless (`never`). */
  readonly lifetime: 'finite' | 'unknown' | 'never'
  /** Scopes granted; `undefined` when neither the answer nor the request named any. */
  readonly scope: readonly string[] | undefined
  readonly refreshToken: string | undefined
  /** Members of the answer that RFC 6749 does not define, bounded in number and size. May be secret. */
  readonly extra: Readonly<Record<string, ExtraValue>>
}

/**
 * The token set after a refresh: what the answer leaves out goes on as it was. A refresh token that was not
 * replaced stays in use (RFC 6749 §6), and so does the scope of the tokens it belonged to.
 */
export function mergeRefreshed(
  previous: TokenSet | undefined,
  presented: string,
  refreshed: TokenSet,
): TokenSet {
  const scope = previous?.refreshToken === presented ? previous.scope : undefined
  return {
    ...refreshed,
    refreshToken: refreshed.refreshToken ?? presented,
    scope: refreshed.scope ?? scope,
  }
}
