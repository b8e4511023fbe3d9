import { type Clock, EvergrantError, fail, type Transport } from '@evergrant/core'
import { type Permissions, permissions, readJwt, type ScopeAdvice } from '@evergrant/core/calls'
import { errors, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose'
import { getTransport } from './get-transport.ts'
import { IssuerKeys } from './issuer-keys.ts'

interface VerifierSettings {
  /** Whom the token has to be meant for: one of these. */
  readonly audience: string | readonly string[]
  /** The `typ` that the token may have. `at+jwt` by default (RFC 9068 §2.1); some servers say `JWT`. */
  readonly types?: readonly string[]
  /** How it may be signed. The asymmetric algorithms of RFC 7518 and EdDSA by default. */
  readonly algorithms?: readonly string[]
  /** How far the clocks of the two machines may be apart, in ms. 5,000 by default. */
  readonly clockToleranceMs?: number
  /** How long the issuer's keys count as current, in ms. Ten minutes by default. */
  readonly cacheMs?: number
  /** Shortest time between two fetches that are caused by tokens with unknown keys, in ms. 30,000 by default. */
  readonly cooldownMs?: number
  /** How keys and metadata are fetched. The runtime's own `fetch` by default. */
  readonly transport?: Transport
  /** Fetch over plain http from this very machine, for local sandboxes. `false` by default. */
  readonly allowInsecureLoopback?: boolean
  /** How to get a scope, in words; for `permissions.require()`. */
  readonly adviceFor?: ScopeAdvice
  /** The system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/** Who signs the tokens: an issuer, whose metadata says where its keys are; the place of the keys; or both. */
export type JwtVerifierOptions = VerifierSettings &
  (
    | { readonly issuer: string; readonly jwksUri?: string }
    | { readonly issuer?: string; readonly jwksUri: string }
  )

/** What a token says, and its issuer stands by. */
export interface VerifiedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly subject: string | undefined
  /** Epoch ms. */
  readonly expiresAt: number
  readonly permissions: Permissions
}

export interface JwtVerifier {
  /**
   * Rejects with `token_not_verified` (kind `distrust`) when the token is none of the issuer's, not for this audience,
   * of another type or out of its time; and as the transport does when the keys cannot be had.
   */
  verify(token: string | { readonly accessToken: string }): Promise<VerifiedJwt>
}

const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/**
 * Verifies JWT access tokens (RFC 9068 §4) against their issuer's keys: to show what they say, and to check permissions
 * before a call. Whether a token is handed out never depends on it: to a client, tokens are opaque (RFC 9068 §6).
 */
export function jwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  return new Verifier(options)
}

class Verifier implements JwtVerifier {
  readonly #options: JwtVerifierOptions
  readonly #keys: IssuerKeys
  readonly #now: () => number

  constructor(options: JwtVerifierOptions) {
    const { issuer, jwksUri, clock, transport, allowInsecureLoopback = false } = options
    const place = jwksUri ?? issuer ?? ''
    if (!URL.canParse(place)) {
      const message = `Invalid option: "${place}" is not an absolute URL.`
      throw new EvergrantError(fail('invalid_option', { message }))
    }
    this.#options = options
    this.#now = () => clock?.now() ?? Date.now()
    this.#keys = new IssuerKeys({
      issuer,
      jwksUri,
      transport: transport ?? getTransport(allowInsecureLoopback),
      cacheMs: options.cacheMs ?? 600_000,
      cooldownMs: options.cooldownMs ?? 30_000,
      now: this.#now,
    })
  }

  async verify(token: string | { readonly accessToken: string }): Promise<VerifiedJwt> {
    const text = typeof token === 'string' ? token : token.accessToken
    const unverified = readJwt(text)
    if (unverified === undefined) throw notVerified('it is no signed JWT')
    this.#requireType(unverified.header.typ)
    const { protectedHeader, payload } = await this.#check(text).catch((error: unknown) => {
      throw EvergrantError.is(error) ? error : notVerified(whyNot(error))
    })
    return {
      header: protectedHeader,
      claims: payload,
      subject: payload.sub,
      expiresAt: (payload.exp as number) * 1_000,
      permissions: permissions(unverified.scope, this.#options.adviceFor),
    }
  }

  async #check(text: string): Promise<JWTVerifyResult> {
    const keys = await this.#keys.resolver()
    const options = this.#claimRules()
    try {
      return await jwtVerify(text, keys, options)
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      for await (const key of error) {
        const result = await jwtVerify(text, key, options).catch(passOverWrongKey)
        if (result !== undefined) return result
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }

  #claimRules(): JWTVerifyOptions {
    const { issuer, audience, algorithms = ALGORITHMS, clockToleranceMs = 5_000 } = this.#options
    return {
      ...(issuer !== undefined && { issuer }),
      audience: [audience].flat(),
      algorithms: [...algorithms],
      requiredClaims: ['exp'],
      clockTolerance: clockToleranceMs / 1_000,
      currentDate: new Date(this.#now()),
    }
  }

  /** As everything that is read before the signature was checked, it may refuse and not admit. */
  #requireType(typ: unknown): void {
    const { types = ['at+jwt'] } = this.#options
    const isKnown = typeof typ === 'string' && types.some(type => mediaType(type) === mediaType(typ))
    if (!isKnown) throw notVerified('its type is another')
  }
}

/** RFC 7515 §4.1.9: `application/` is left out as a rule, and the case does not count. */
function mediaType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '')
}

function passOverWrongKey(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
}

/** Why, in words that hold nothing of the token. */
function whyNot(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed)
    return CLAIMS[error.claim] ?? 'a claim is wrong or missing'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not fit'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed in a way that is not allowed'
  if (error instanceof errors.JWKSNoMatchingKey) return 'the issuer has no such key'
  return 'it, or what its issuer publishes as keys, cannot be read'
}

const CLAIMS: Readonly<Record<string, string>> = {
  aud: 'it is meant for another audience',
  iss: 'another issuer is named',
  exp: 'it does not say when it expires',
  nbf: 'it is not valid yet',
}

function notVerified(why: string): EvergrantError {
  return new EvergrantError(fail('token_not_verified', { message: `The token is not verified: ${why}.` }))
}
