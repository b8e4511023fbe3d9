import {
  type Clock,
  type ProofOfPossession,
  type ProvableRequest,
  parseJsonObject,
  type Secret,
  sha256,
  toBase64Url,
  utf8Bytes,
} from '@evergrant/core'
import type { ApiAnswer } from '@evergrant/core/calls'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { lateText } from './late-text.ts'
import { type NonceMemory, nonceMemory } from './nonce-memory.ts'
import { signingKey, unusable } from './private-key.ts'

/** A pair of keys as WebCrypto has them. The private one need not be exportable. */
export interface KeyPair {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export interface DpopOptions {
  /**
   * The key that tokens are bound to: a pair, a private JWK, or a secret (a JWK or PKCS#8 in PEM), which is read once.
   * Processes with the same key share tokens. Absent: a new P-256 key, which cannot be exported and which nobody else
   * has; so nobody shares the tokens, and a stored grant is of no use to the next process.
   */
  readonly key?: KeyPair | JWK | string | Secret
  /** How it signs (RFC 7518 §3.1). Absent: as the key says, or as its kind suggests; `ES256` for a new one. */
  readonly alg?: string
  /** Servers whose nonces are remembered. 1 or more, 100 by default. */
  readonly originsMax?: number
  /** The system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Binds tokens to a key and proves with every request that it is held (RFC 9449): `client: { id, secret, proof: dpop() }`.
 * Requests fail with `key_unusable`, before anything is sent, when the key is not what it should be.
 */
export function dpop(options: DpopOptions = {}): ProofOfPossession {
  return new Dpop(options)
}

/** A key and what everybody may know of it. */
interface BoundKey {
  readonly privateKey: CryptoKey
  readonly alg: string
  readonly publicJwk: JWK
  readonly thumbprint: string
}

class Dpop implements ProofOfPossession {
  readonly #options: DpopOptions
  readonly #nonces: NonceMemory
  #key: Promise<BoundKey> | undefined

  constructor(options: DpopOptions) {
    this.#options = options
    this.#nonces = nonceMemory(options.originsMax ?? 100)
  }

  async thumbprint(): Promise<string> {
    return (await this.#open()).thumbprint
  }

  async prove({ method, url, accessToken }: ProvableRequest): Promise<string> {
    const { privateKey, alg, publicJwk } = await this.#open()
    const { origin, pathname } = new URL(url)
    const nonce = this.#nonces.nonceFor(origin)
    const claims = {
      htm: method,
      htu: origin + pathname,
      ...(nonce !== undefined && { nonce }),
      ...(accessToken !== undefined && { ath: toBase64Url(sha256(utf8Bytes(accessToken))) }),
    }
    try {
      return await new SignJWT(claims)
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: publicJwk })
        .setJti(crypto.randomUUID())
        .setIssuedAt(Math.floor((this.#options.clock?.now() ?? Date.now()) / 1_000))
        .sign(privateKey)
    } catch {
      throw unusable(`does not sign with ${alg}`)
    }
  }

  heed(url: string, answer: ApiAnswer): boolean {
    const nonce = answer.header('dpop-nonce')
    if (nonce === undefined) return false
    this.#nonces.note(new URL(url).origin, nonce)
    return wantsNonce(answer)
  }

  /** The key, made or read once; a failure to do so is not remembered. */
  #open(): Promise<BoundKey> {
    this.#key ??= openKey(this.#options).catch((error: unknown) => {
      this.#key = undefined
      throw error
    })
    return this.#key
  }
}

async function openKey({ key, alg }: DpopOptions): Promise<BoundKey> {
  if (key === undefined) {
    const chosen = alg ?? 'ES256'
    return boundKey(await newKeyPair(chosen), chosen)
  }
  if (typeof key === 'object' && 'privateKey' in key) {
    return boundKey(key, (await signingKey(key.privateKey, alg)).alg)
  }
  const from = typeof key === 'string' || 'read' in key ? await lateText(key, 'private key') : key
  // Its public half is derived from it, before it is made into a key that cannot be exported.
  const open = await signingKey(from, alg, true)
  const jwk = await exportJWK(open.key)
  const { key: privateKey } = await signingKey(jwk, open.alg)
  return { privateKey, alg: open.alg, ...(await publicHalf(jwk)) }
}

async function newKeyPair(alg: string): Promise<KeyPair> {
  try {
    return await generateKeyPair(alg, { extractable: false })
  } catch {
    throw unusable(`cannot be made for ${alg}`)
  }
}

async function boundKey({ privateKey, publicKey }: KeyPair, alg: string): Promise<BoundKey> {
  return { privateKey, alg, ...(await publicHalf(await exportJWK(publicKey))) }
}

/** The members that make a public key what it is, and no others (RFC 7638 §3.2). */
async function publicHalf({
  kty,
  crv,
  x,
  y,
  e,
  n,
  pub,
  alg,
}: JWK): Promise<Pick<BoundKey, 'publicJwk' | 'thumbprint'>> {
  const members = { kty, crv, x, y, e, n, pub, ...(kty === 'AKP' && { alg }) }
  const present = Object.entries(members).filter(([, value]) => value !== undefined)
  const publicJwk: JWK = Object.fromEntries(present)
  return { publicJwk, thumbprint: await calculateJwkThumbprint(publicJwk) }
}

const CHALLENGE = /\bDPoP\b[^\r\n]*\berror="?use_dpop_nonce\b/i

/** Whether an answer asks for a nonce: a token endpoint in its body, an API in its challenge. */
function wantsNonce({ status, header, body }: ApiAnswer): boolean {
  if (status !== 400 && status !== 401) return false
  if (CHALLENGE.test(header('www-authenticate')?.slice(0, 4_096) ?? '')) return true
  const members = body === undefined ? undefined : parseJsonObject(body)
  return members?.ok === true && members.members.get('error') === 'use_dpop_nonce'
}
