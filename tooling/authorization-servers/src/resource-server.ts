import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256, toBase64Url, utf8Bytes } from '@evergrant/core'
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose'
import type { Provider } from 'oidc-provider'
import { JWT_API } from './oidc-server.ts'

/** A small API that looks at every token as closely as an API can, and answers with what it has found. */
export interface ResourceServer extends AsyncDisposable {
  readonly url: string
  /** What it has answered, in order: a status, and the error in its challenge. */
  readonly answers: string[]
}

/** What a token is good for. */
interface Verified {
  readonly scope: string | undefined
  /** The thumbprint of the key that it is bound to. */
  readonly jkt: string | undefined
}

/** Why a request is turned away (RFC 6750 §3, RFC 9449 §7.1). */
class Refusal extends Error {}

/** `jwks`: the keys of the issuer, for tokens that are JWTs; the others are looked up at the server itself. */
export async function resourceServer(
  provider: Provider,
  jwks: Parameters<typeof createLocalJWKSet>[0],
): Promise<ResourceServer> {
  const answers: string[] = []
  const guard = new Guard(provider, createLocalJWKSet(jwks))
  const server = createServer(async (request, response) => {
    try {
      const verified = await guard.verify(request)
      answers.push('200')
      answer(response, guard, 200, verified)
    } catch (error) {
      const code = error instanceof Refusal ? error.message : 'invalid_token'
      answers.push(`401 ${code}`)
      const scheme = request.headers.dpop === undefined ? 'Bearer' : 'DPoP'
      response.setHeader('www-authenticate', `${scheme} error="${code}"`)
      answer(response, guard, 401, { code })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, { nonce }: Guard, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'dpop-nonce': nonce })
  response.end(JSON.stringify(body))
}

/** How many proofs a nonce is good for. Its successor is made known only to who comes with the old one. */
const PROOFS_PER_NONCE = 3

class Guard {
  /** The nonce that proofs must have. */
  nonce = randomUUID()
  /** How many proofs it may still be in. */
  #left = PROOFS_PER_NONCE
  readonly #provider: Provider
  readonly #keys: ReturnType<typeof createLocalJWKSet>
  readonly #proofs = new Set<string>()

  constructor(provider: Provider, keys: ReturnType<typeof createLocalJWKSet>) {
    this.#provider = provider
    this.#keys = keys
  }

  async verify(request: IncomingMessage): Promise<Verified> {
    const [scheme = '', token = ''] = request.headers.authorization?.split(' ') ?? []
    const verified = token.split('.').length === 3 ? await this.#signed(token) : await this.#opaque(token)
    if (verified.jkt === undefined) {
      if (scheme !== 'Bearer') throw new Refusal('invalid_token')
    } else {
      if (scheme !== 'DPoP') throw new Refusal('invalid_token')
      await this.#requireProof(request, token, verified.jkt)
    }
    return verified
  }

  async #signed(token: string): Promise<Verified> {
    const { payload } = await jwtVerify(token, this.#keys, { typ: 'at+jwt', audience: JWT_API })
    const { cnf } = payload as { cnf?: { jkt?: string } }
    return { scope: payload.scope as string | undefined, jkt: cnf?.jkt }
  }

  async #opaque(token: string): Promise<Verified> {
    const provider = this.#provider
    const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
    if (found === undefined) throw new Refusal('invalid_token')
    return { scope: found.scope, jkt: found.jkt }
  }

  async #requireProof(request: IncomingMessage, token: string, jkt: string): Promise<void> {
    const { payload, protectedHeader } = await jwtVerify(String(request.headers.dpop), EmbeddedJWK, {
      typ: 'dpop+jwt',
    }).catch(() => {
      throw new Refusal('invalid_dpop_proof')
    })
    if (this.#left === 0) {
      this.nonce = randomUUID()
      this.#left = PROOFS_PER_NONCE
    }
    if (payload.nonce !== this.nonce) throw new Refusal('use_dpop_nonce')
    this.#left -= 1
    const thumbprint = protectedHeader.jwk && (await calculateJwkThumbprint(protectedHeader.jwk))
    if (!this.#isAbout(payload, request, token)) throw new Refusal('invalid_dpop_proof')
    if (thumbprint !== jkt) throw new Refusal('invalid_token')
  }

  #isAbout({ htm, htu, ath, jti = '' }: JWTPayload, request: IncomingMessage, token: string): boolean {
    if (this.#proofs.has(jti)) return false
    this.#proofs.add(jti)
    const path = request.url?.split('?')[0]
    return (
      htm === request.method &&
      htu === `http://${request.headers.host}${path}` &&
      ath === toBase64Url(sha256(utf8Bytes(token)))
    )
  }
}
