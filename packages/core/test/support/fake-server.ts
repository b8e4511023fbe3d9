import type { HttpResponse, TokenRequest, TokenSet } from '../../src/index.ts'

interface Issued {
  readonly accessToken: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** An authorization server with single-use refresh tokens and reuse detection, by its own true clock. */
export class FakeServer {
  readonly issued: Issued[] = []
  /** How often each refresh token was presented to the token logic. */
  readonly presentations = new Map<string, number>()
  lifeSeconds: number
  rotates = true
  graceMs = 0
  requests = 0
  #counter = 0
  #live: string | undefined
  #spent = new Map<string, number>()
  familyRevoked = false

  constructor(lifeSeconds = 3600) {
    this.lifeSeconds = lifeSeconds
  }

  /** Starts a delegated grant and returns its first refresh token. */
  authorize(): string {
    this.familyRevoked = false
    this.#live = `refresh-SECRET-${++this.#counter}`
    return this.#live
  }

  /** A user signs in: what an authorization-code flow would bring. */
  signIn(at: number, now: number): TokenSet {
    const refreshToken = this.authorize()
    const accessToken = this.#newToken(now)
    return {
      accessToken,
      tokenType: 'Bearer',
      sentAt: at,
      expiresAt: at + this.lifeSeconds * 1000,
      lifetime: 'finite',
      scope: undefined,
      refreshToken,
      extra: {},
    }
  }

  handle(request: TokenRequest, now: number): HttpResponse {
    this.requests += 1
    const parameters = new Map(request.parameters)
    if (parameters.get('grant_type') === 'client_credentials') return this.#issue(now, undefined)
    const presented = parameters.get('refresh_token') ?? ''
    this.presentations.set(presented, (this.presentations.get(presented) ?? 0) + 1)
    if (this.familyRevoked) return refusal('invalid_grant')
    if (presented === this.#live) {
      if (!this.rotates) return this.#issue(now, undefined)
      this.#spent.set(presented, now)
      this.#live = `refresh-SECRET-${++this.#counter}`
      return this.#issue(now, this.#live)
    }
    const spentAt = this.#spent.get(presented)
    if (spentAt !== undefined && now - spentAt < this.graceMs) return this.#issue(now, this.#live)
    if (spentAt !== undefined) this.familyRevoked = true
    return refusal('invalid_grant')
  }

  #newToken(now: number): string {
    const accessToken = `access-SECRET-${++this.#counter}`
    this.issued.push({ accessToken, issuedAt: now, expiresAt: now + this.lifeSeconds * 1000 })
    return accessToken
  }

  /** When a token really ends, by the server's clock. */
  expiryOf(accessToken: string): number {
    return this.issued.find(token => token.accessToken === accessToken)?.expiresAt ?? 0
  }

  #issue(now: number, refreshToken: string | undefined): HttpResponse {
    const accessToken = this.#newToken(now)
    return json(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.lifeSeconds,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    })
  }
}

export function json(status: number, body: unknown, headers: [string, string][] = []): HttpResponse {
  return { status, headers: [['content-type', 'application/json'], ...headers], body: JSON.stringify(body) }
}

export function refusal(error: string, status = 400): HttpResponse {
  return json(status, { error, error_description: 'no' })
}
