import { fingerprintOf, inWords } from '@evergrant/core'
import { readJwt } from '@evergrant/core/calls'
import { parseBaiduToken } from '@evergrant/provider-baidu'

/** What can be told of a token by looking at it. */
export interface TokenAnatomy {
  readonly form: 'baidu' | 'jwt' | 'opaque'
  readonly fingerprint: string
  readonly length: number
  /** Epoch ms, as far as the token tells. */
  readonly issuedAt?: number
  readonly expiresAt?: number
  /** Everything else that it tells, by name. */
  readonly facts: Readonly<Record<string, unknown>>
}

/**
 * Takes a token apart without asking anybody and without believing it: a signature is neither needed nor
 * checked, and the clock that issued it may be wrong.
 */
export function anatomyOf(text: string): TokenAnatomy {
  const token = text.trim()
  const base = { fingerprint: fingerprintOf(token), length: token.length }
  const baidu = parseBaiduToken(token)
  if (baidu !== undefined) {
    const { type, meaning, lifetimeMs, issuedAt, expiresAt, appId } = baidu
    return {
      ...base,
      form: 'baidu',
      issuedAt,
      expiresAt,
      facts: { type, meaning, lifetime: inWords(lifetimeMs), appId },
    }
  }
  const jwt = readJwt(token)
  if (jwt === undefined) return { ...base, form: 'opaque', facts: {} }
  const { header, claims, issuedAt, expiresAt } = jwt
  return {
    ...base,
    form: 'jwt',
    ...(issuedAt !== undefined && { issuedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    facts: { header, claims },
  }
}
