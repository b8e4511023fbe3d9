import { fromBase64Url } from '../digest/base64url.ts'
import { utf8Text } from '../digest/utf8.ts'

type Claims = Readonly<Record<string, unknown>>

/** What a JWT says of itself. Nobody has checked whether it is true. */
export interface UnverifiedJwt {
  readonly header: Claims
  readonly claims: Claims
  /** Epoch ms of `iat` and `exp`; `undefined` when absent or no number. */
  readonly issuedAt: number | undefined
  readonly expiresAt: number | undefined
  /** From `scope` (RFC 9068 §2.2.3), or `scp` as some servers call it; `undefined` when the token names none. */
  readonly scope: readonly string[] | undefined
}

const CHARS_MAX = 16_384
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * Reads a JWT in compact form (RFC 7519 §3, RFC 7515 §7.1) without checking its signature: for display, and for
 * hints. `undefined` for any other text; never throws. To a client every access token is opaque (RFC 9068 §6), so
 * nothing that matters may depend on it.
 */
export function readJwt(token: string): UnverifiedJwt | undefined {
  if (token.length > CHARS_MAX || !COMPACT.test(token)) return undefined
  const [header, claims] = token.split('.', 2).map(parsePart)
  if (header === undefined || claims === undefined || typeof header.alg !== 'string') return undefined
  return {
    header,
    claims,
    issuedAt: instantOf(claims.iat),
    expiresAt: instantOf(claims.exp),
    scope: scopeOf(claims.scope ?? claims.scp),
  }
}

function parsePart(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(utf8Text(fromBase64Url(part)))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined
  } catch {
    return undefined
  }
}

function instantOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1_000 : undefined
}

function scopeOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value.split(' ').filter(scope => scope !== '')
  return Array.isArray(value) && value.every(each => typeof each === 'string') ? value : undefined
}
