import { fingerprintOf, inWords } from '@evergrant/core'
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
  const jwt = parseJwt(token)
  if (jwt === undefined) return { ...base, form: 'opaque', facts: {} }
  const { header, claims } = jwt
  return {
    ...base,
    form: 'jwt',
    ...instant('issuedAt', claims.iat),
    ...instant('expiresAt', claims.exp),
    facts: { header, claims },
  }
}

function instant(name: 'issuedAt' | 'expiresAt', seconds: unknown): Partial<TokenAnatomy> {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? { [name]: seconds * 1000 } : {}
}

type Members = Readonly<Record<string, unknown>>

/** The readable parts of a JWT in compact form (RFC 7519 §3, RFC 7515 §7.1); `undefined` when it is none. */
function parseJwt(token: string): { header: Members; claims: Members } | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const [header, claims] = parts
    .slice(0, 2)
    .map(part => parseObject(Buffer.from(part, 'base64url').toString('utf8')))
  return header?.alg === undefined || claims === undefined ? undefined : { header, claims }
}

function parseObject(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined
  } catch {
    return undefined
  }
}
