import type { Token } from '../token.ts'
import type { TokenSource } from '../token-source.ts'

/** What of a source calls need. */
export type BearerSource = Pick<TokenSource, 'token' | 'reject' | 'proof'>

/** The way to authorize calls by a token. */
export interface BearerWay {
  readonly source: BearerSource
  /** Gives a valid token: at once, when it need not be waited for. */
  readonly tokenOf: (signal: AbortSignal | undefined) => Token | Promise<Token>
}

/**
 * A source gives the same promise for as long as it gives the same token, so whoever has waited for that promise
 * knows what is in it.
 */
export function bearerWay(source: BearerSource): BearerWay {
  let known: { readonly asked: Promise<Token>; readonly token: Token } | undefined
  return {
    source,
    tokenOf(signal) {
      if (signal !== undefined) return Promise.resolve(source.token({ signal }))
      const asked = source.token()
      if (asked === known?.asked) return known.token
      return Promise.resolve(asked).then(token => {
        known = { asked, token }
        return token
      })
    },
  }
}
