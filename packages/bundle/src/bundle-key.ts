import { EvergrantError, fail, type Secret } from '@evergrant/core'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { KEY_ALGORITHM } from './bundle-header.ts'

/** A public key: a JWK, or its JSON text. */
export type PublicKey = JWK | string

/** A private key: a JWK, its JSON text, or a secret that holds that text. */
export type PrivateKey = JWK | string | Secret

/** What a key is for. No key does both: what one party signs, another opens. */
export type KeyUse = 'sign' | 'encrypt'

export interface BundleKeys {
  readonly publicKey: JWK
  readonly privateKey: JWK
  /** The name under which bundles know the pair: its RFC 7638 thumbprint. */
  readonly name: string
}

/** A key that is ready for use. */
export interface ReadyKey {
  readonly key: CryptoKey
  readonly alg: string
  readonly name: string
}

const CURVES: Readonly<Record<KeyUse, Readonly<Record<string, string>>>> = {
  sign: { 'P-256': 'ES256', Ed25519: 'EdDSA' },
  encrypt: { 'P-256': KEY_ALGORITHM, X25519: KEY_ALGORITHM },
}
const JWK_USE: Readonly<Record<KeyUse, string>> = { sign: 'sig', encrypt: 'enc' }

/**
 * A new pair of keys on P-256, which every supported runtime has: for `createBundle({ signWith })`, or for one who
 * opens bundles. Keys on Ed25519 and X25519 that were made elsewhere do as well.
 */
export async function generateBundleKeys(use: KeyUse): Promise<BundleKeys> {
  const alg = CURVES[use]['P-256'] ?? ''
  const pair = await generateKeyPair(alg, { crv: 'P-256', extractable: true })
  const publicKey = await exportJWK(pair.publicKey)
  const name = await calculateJwkThumbprint(publicKey)
  const about = { use: JWK_USE[use], alg, kid: name }
  return {
    publicKey: { ...publicKey, ...about },
    privateKey: { ...(await exportJWK(pair.privateKey)), ...about },
    name,
  }
}

/** Rejects with `key_unusable` unless this is a public key for this use, or one with its public half. It is never quoted. */
export async function requirePublicKey(from: PublicKey, use: KeyUse): Promise<void> {
  await readyPublicKey(from, use)
}

/** Rejects with `key_unusable` unless this is a private key for this use, or as the secret does. It is never quoted. */
export async function requirePrivateKey(from: PrivateKey, use: KeyUse): Promise<void> {
  await readyPrivateKey(from, use)
}

/** Rejects with `key_unusable`; the key is never quoted. */
export function readyPublicKey(from: PublicKey, use: KeyUse): Promise<ReadyKey> {
  const { d: _, ...jwk } = typeof from === 'string' ? parse(from) : from
  return ready(jwk, use)
}

/** Rejects with `key_unusable`, or as the secret does; the key is never quoted. */
export async function readyPrivateKey(from: PrivateKey, use: KeyUse): Promise<ReadyKey> {
  const given = isSecret(from) ? await from.read() : from
  const jwk = typeof given === 'string' ? parse(given) : given
  if (typeof jwk.d !== 'string') throw unusable('is public, and a private one is needed')
  return ready(jwk, use)
}

function isSecret(from: PrivateKey): from is Secret {
  return typeof from === 'object' && 'read' in from
}

async function ready(jwk: JWK, use: KeyUse): Promise<ReadyKey> {
  if (jwk.use !== undefined && jwk.use !== JWK_USE[use]) throw unusable(`is not made to ${use}`)
  const alg = Object.hasOwn(CURVES[use], jwk.crv ?? '') ? CURVES[use][jwk.crv ?? ''] : undefined
  if (alg === undefined) throw unusable(`is on none of the curves ${Object.keys(CURVES[use]).join(', ')}`)
  try {
    const { kty, crv, x, y, d } = jwk
    // Nothing else of it matters here, and a thumbprint is of these members only.
    const bare = { kty, crv, x, ...(y !== undefined && { y }), ...(d !== undefined && { d }) } as JWK
    const key = await importJWK(bare, alg)
    if (!(key instanceof Uint8Array)) return { key, alg, name: await calculateJwkThumbprint(bare) }
  } catch {
    // What is said of it may quote it.
  }
  throw unusable('is damaged')
}

function parse(text: string): JWK {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  } catch {
    // What is said of it may quote it.
  }
  throw unusable('is no JWK')
}

function unusable(why: string): EvergrantError {
  return new EvergrantError(fail('key_unusable', { message: `The key cannot be used: it ${why}.` }))
}
