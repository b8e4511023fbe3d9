import { EvergrantError, fail } from '@evergrant/core'
import { type CryptoKey, importJWK, importPKCS8, type JWK } from 'jose'

/** A private key that is ready to sign. */
export interface SigningKey {
  readonly key: CryptoKey
  /** The algorithm of its signatures (RFC 7518 §3.1). */
  readonly alg: string
  /** The name under which the server knows it; `undefined` when it has none. */
  readonly kid: string | undefined
}

/** How a key may be given: as WebCrypto has it, as a JWK, or as the text of a JWK or of a PKCS#8 key in PEM. */
export type PrivateKey = CryptoKey | JWK | string

/** What PEM does not tell: the algorithms that are tried for it, one for each kind of key. */
const ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'ES384', 'ES512']
const CURVES: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}

/**
 * Makes a key ready to sign. What it is good for is said by `alg`, else by the key itself; an RSA key that does not say
 * signs with RS256. Rejects with `key_unusable`; nothing of the key is ever in the message.
 */
export async function signingKey(from: PrivateKey, alg?: string, extractable = false): Promise<SigningKey> {
  if (typeof from === 'string') return fromText(from, alg, extractable)
  return isCryptoKey(from) ? fromCryptoKey(from, alg) : fromJwk(from, alg, extractable)
}

function isCryptoKey(key: CryptoKey | JWK): key is CryptoKey {
  return 'usages' in key
}

function fromText(text: string, alg: string | undefined, extractable: boolean): Promise<SigningKey> {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return fromJwk(parseJwk(trimmed), alg, extractable)
  // Environment variables often have the line breaks of a PEM spelled out.
  return fromPem(trimmed.replaceAll('\\n', '\n'), alg, extractable)
}

function parseJwk(text: string): JWK {
  try {
    return JSON.parse(text)
  } catch {
    throw unusable('begins like a JWK and is no JSON')
  }
}

async function fromPem(pem: string, alg: string | undefined, extractable: boolean): Promise<SigningKey> {
  if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) throw unusable(whyNotPkcs8(pem))
  for (const each of alg === undefined ? ALGORITHMS : [alg]) {
    try {
      return { key: await importPKCS8(pem, each, { extractable }), alg: each, kid: undefined }
    } catch {
      // Of another kind, or of none. What is said of it may quote it.
    }
  }
  throw unusable(`is damaged, or of a kind that does not sign${alg === undefined ? '' : ` with ${alg}`}`)
}

function whyNotPkcs8(text: string): string {
  const label = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1]
  if (label === undefined) return 'is neither a JWK nor in PEM'
  if (label.includes('ENCRYPTED')) return 'is encrypted; decrypt it with: openssl pkcs8 -topk8 -nocrypt'
  if (label.endsWith('PRIVATE KEY')) return 'is not PKCS#8; convert it with: openssl pkcs8 -topk8 -nocrypt'
  return `is a ${label.toLowerCase()}, not a private key`
}

async function fromJwk(jwk: JWK, alg: string | undefined, extractable: boolean): Promise<SigningKey> {
  if (jwk.kty === 'oct') throw unusable('is a secret, not a private key')
  if (typeof jwk.d !== 'string' && typeof jwk.priv !== 'string') throw unusable('is public')
  const chosen = alg ?? jwk.alg ?? (jwk.kty === 'RSA' ? 'RS256' : CURVES[jwk.crv ?? ''])
  if (chosen === undefined) throw unusable('does not say what it signs with; name its algorithm (alg)')
  try {
    // What the key is allowed for elsewhere is not asked: here it signs.
    const { key_ops: _, ...rest } = jwk
    const key = await importJWK(rest, chosen, { extractable })
    if (!(key instanceof Uint8Array)) return { key, alg: chosen, kid: jwk.kid }
  } catch {
    // What is said of it may quote it.
  }
  throw unusable(`is damaged, or of a kind that does not sign with ${chosen}`)
}

function fromCryptoKey(key: CryptoKey, alg: string | undefined): SigningKey {
  if (key.type !== 'private') throw unusable(`is ${key.type === 'public' ? 'public' : 'not a private key'}`)
  if (!key.usages.includes('sign')) throw unusable('may not be used to sign')
  const chosen = alg ?? algorithmOf(key)
  if (chosen === undefined) throw unusable('is of a kind that does not sign')
  return { key, alg: chosen, kid: undefined }
}

/** The JWS algorithm that a key of WebCrypto is made for. */
function algorithmOf({ algorithm }: CryptoKey): string | undefined {
  const { name, namedCurve, hash } = algorithm as {
    name: string
    namedCurve?: string
    hash?: { name: string }
  }
  if (name === 'ECDSA' || name === 'Ed25519') return CURVES[namedCurve ?? name]
  const bits = hash?.name.replace('SHA-', '')
  if (name === 'RSA-PSS') return `PS${bits}`
  return name === 'RSASSA-PKCS1-v1_5' ? `RS${bits}` : undefined
}

export function unusable(why: string): EvergrantError {
  return new EvergrantError(fail('key_unusable', { message: `The key cannot be used: it ${why}.` }))
}
