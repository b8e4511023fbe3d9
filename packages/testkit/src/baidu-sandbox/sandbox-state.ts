import { sha256, toHex, utf8Bytes } from '@evergrant/core'
import { RefreshTokens, type Rotation, type TokenFamily } from './refresh-tokens.ts'
import {
  type BaiduSandboxOptions,
  SANDBOX_APP,
  type SandboxApp,
  type SandboxRequest,
  type TokenFault,
} from './sandbox-options.ts'
import { type UserGrant, UserGrants } from './user-grants.ts'

/** A token or a short-lived bearer key that the sandbox has issued. */
export interface IssuedToken {
  readonly text: string
  readonly kind: 'access_token' | 'bearer_key'
  readonly family: TokenFamily
  readonly issuedAt: number
  readonly expiresAt: number
  revoked: boolean
}

const LIFETIME_SECONDS = 2_592_000
const REFRESH_LIFETIME_SECONDS = 315_360_000
/** A constant of the platform in the tokens of all applications, not a user. */
const PLATFORM_USER = '282335'
const REQUESTS_KEPT = 1_000

/** Everything that a sandbox remembers. */
export class SandboxState {
  readonly apps: readonly SandboxApp[]
  readonly options: BaiduSandboxOptions
  readonly requests: SandboxRequest[] = []
  lifetimeSeconds: number
  latencyMs: number
  qps: number | undefined
  /** What users answer when they are asked at the authorization endpoint. */
  consents = true
  readonly users: UserGrants
  tokenRequests = 0
  tokensIssued = 0
  apiCalls = 0
  readonly #tokens = new Map<string, IssuedToken>()
  readonly #refreshTokens: RefreshTokens
  readonly #recentCalls = new Map<string, number[]>()
  readonly #tokenFaults: { fault: TokenFault; times: number }[] = []
  readonly #apiFaults: { code: number; times: number }[] = []
  #offsetMs = 0
  #minted = 0

  constructor(options: BaiduSandboxOptions) {
    this.options = options
    this.users = new UserGrants(this)
    this.#refreshTokens = new RefreshTokens(options.refreshGraceMs ?? 0)
    this.apps = options.apps ?? [SANDBOX_APP]
    this.lifetimeSeconds = options.lifetimeSeconds ?? LIFETIME_SECONDS
    this.latencyMs = options.latencyMs ?? 0
    this.qps = options.qps
  }

  get now(): number {
    return (this.options.now ?? Date.now)() + this.#offsetMs
  }

  advance(ms: number): void {
    this.#offsetMs += ms
  }

  note(path: string, appId: string, outcome: string): void {
    const request = { at: this.now, path, appId, outcome }
    this.requests.push(request)
    this.options.onRequest?.(request)
    if (this.requests.length > REQUESTS_KEPT) this.requests.shift()
  }

  // Tokens

  /** A token of a new family, or of one that goes on with a refresh token that stands already. */
  issue(family: TokenFamily, successor?: string): { access: IssuedToken; refreshToken: string } {
    const seconds = this.lifetimeSeconds
    const access: IssuedToken = {
      text: this.#mint(family, seconds, 0),
      kind: 'access_token',
      family,
      issuedAt: this.now,
      expiresAt: this.now + seconds * 1000,
      revoked: false,
    }
    const refreshToken = successor ?? this.#mintRefreshToken(family)
    if (successor === undefined) this.#refreshTokens.add(refreshToken, family)
    this.#tokens.set(access.text, access)
    this.tokensIssued += 1
    return { access, refreshToken }
  }

  issueBearerKey(app: SandboxApp, seconds: number): IssuedToken {
    const issued: IssuedToken = {
      text: `bce-v3/ALTAK-${this.hex(21)}/${this.hex(40)}`,
      kind: 'bearer_key',
      family: { app, grant: undefined },
      issuedAt: this.now,
      // The exchange tells instants by the second.
      expiresAt: Math.floor(this.now / 1000 + seconds) * 1000,
      revoked: false,
    }
    this.#tokens.set(issued.text, issued)
    this.tokensIssued += 1
    return issued
  }

  #mintRefreshToken(family: TokenFamily): string {
    return this.#mint(family, REFRESH_LIFETIME_SECONDS, 1)
  }

  /** The first number says whose token it is; that of a refresh token is the next one. */
  #mint({ app, grant }: TokenFamily, seconds: number, offset: 0 | 1): string {
    const type = (grant?.tokenType ?? 24) + offset
    const expiry = Math.floor(this.now / 1000) + seconds
    const owner = `${grant?.userId ?? PLATFORM_USER}-${app.appId}`
    return `${type}.${this.hex(32)}.${seconds}.${expiry}.${owner}`
  }

  /** Hexadecimal digits that differ each time and are the same in every run. */
  hex(digits: number): string {
    this.#minted += 1
    return toHex(sha256(utf8Bytes(`sandbox ${this.#minted}`))).slice(0, digits)
  }

  token(text: string, kind: IssuedToken['kind']): IssuedToken | undefined {
    const token = this.#tokens.get(text)
    return token?.kind === kind ? token : undefined
  }

  /** Takes a refresh token: what replaces it, `used` when it is over with it, `undefined` when it is unknown. */
  rotate(refreshToken: string): Rotation | 'used' | undefined {
    const rotation = this.#refreshTokens.rotate(refreshToken, this.now, family =>
      this.#mintRefreshToken(family),
    )
    const family = this.#refreshTokens.familyOf(refreshToken)
    if (rotation === 'used' && this.options.reuseEndsFamily) this.#end(each => each === family)
    return rotation
  }

  /** A refresh that has failed: under Netdisk's rule its refresh token is over with it. */
  noteFailedRefresh(refreshToken: string): void {
    if (this.options.failedRefreshVoids) this.#refreshTokens.void(refreshToken)
  }

  /** Revokes one access token or bearer key, or all that were issued; returns how many were alive. */
  revoke(text?: string): number {
    let revoked = 0
    for (const token of this.#tokens.values()) {
      if (text !== undefined && token.text !== text) continue
      if (!token.revoked && token.expiresAt > this.now) revoked += 1
      token.revoked = true
    }
    return revoked
  }

  /** Ends the grant of a user: its access tokens, and its refresh tokens with them. */
  endGrant(grant: UserGrant): void {
    this.#end(family => family.grant === grant)
  }

  #end(isMeant: (family: TokenFamily) => boolean): void {
    for (const token of this.#tokens.values()) if (isMeant(token.family)) token.revoked = true
    this.#refreshTokens.end(isMeant)
  }

  /** Whether an application may make one more call in this second. */
  admit(app: SandboxApp): boolean {
    if (this.qps === undefined) return true
    const since = this.now - 1000
    const recent = (this.#recentCalls.get(app.appId) ?? []).filter(at => at > since)
    this.#recentCalls.set(app.appId, recent)
    if (recent.length >= this.qps) return false
    recent.push(this.now)
    return true
  }

  // Faults

  faultTokens(fault: TokenFault, times: number): void {
    this.#tokenFaults.push({ fault, times })
  }

  faultApi(code: number, times: number): void {
    this.#apiFaults.push({ code, times })
  }

  clearFaults(): void {
    this.#tokenFaults.length = 0
    this.#apiFaults.length = 0
  }

  nextTokenFault(): TokenFault | undefined {
    return use(this.#tokenFaults)?.fault
  }

  nextApiFault(): number | undefined {
    return use(this.#apiFaults)?.code
  }
}

/** The first of a queue that is not used up; each use counts. */
function use<Item extends { times: number }>(queue: Item[]): Item | undefined {
  const [first] = queue
  if (first === undefined) return undefined
  first.times -= 1
  if (first.times <= 0) queue.shift()
  return first
}
