import { sha256, toHex, utf8Bytes } from '@evergrant/core'
import {
  type BaiduSandboxOptions,
  SANDBOX_APP,
  type SandboxApp,
  type SandboxRequest,
  type TokenFault,
} from './sandbox-options.ts'

/** A token or a short-lived bearer key that the sandbox has issued. */
export interface IssuedToken {
  readonly text: string
  readonly kind: 'access_token' | 'bearer_key'
  readonly app: SandboxApp
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
  tokenRequests = 0
  tokensIssued = 0
  apiCalls = 0
  readonly #tokens = new Map<string, IssuedToken>()
  readonly #refreshTokens = new Map<string, { app: SandboxApp; used: boolean }>()
  readonly #recentCalls = new Map<string, number[]>()
  readonly #tokenFaults: { fault: TokenFault; times: number }[] = []
  readonly #apiFaults: { code: number; times: number }[] = []
  #offsetMs = 0
  #minted = 0

  constructor(options: BaiduSandboxOptions) {
    this.options = options
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

  issue(app: SandboxApp): { access: IssuedToken; refreshToken: string } {
    const seconds = this.lifetimeSeconds
    const access: IssuedToken = {
      text: this.#mint(24, seconds, app),
      kind: 'access_token',
      app,
      expiresAt: this.now + seconds * 1000,
      revoked: false,
    }
    const refreshToken = this.#mint(25, REFRESH_LIFETIME_SECONDS, app)
    this.#tokens.set(access.text, access)
    this.#refreshTokens.set(refreshToken, { app, used: false })
    this.tokensIssued += 1
    return { access, refreshToken }
  }

  issueBearerKey(app: SandboxApp, seconds: number): IssuedToken {
    const issued: IssuedToken = {
      text: `bce-v3/ALTAK-${this.hex(21)}/${this.hex(40)}`,
      kind: 'bearer_key',
      app,
      // The exchange tells instants by the second.
      expiresAt: Math.floor(this.now / 1000 + seconds) * 1000,
      revoked: false,
    }
    this.#tokens.set(issued.text, issued)
    this.tokensIssued += 1
    return issued
  }

  #mint(type: number, seconds: number, app: SandboxApp): string {
    const expiry = Math.floor(this.now / 1000) + seconds
    return `${type}.${this.hex(32)}.${seconds}.${expiry}.${PLATFORM_USER}-${app.appId}`
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

  /** Uses a refresh token up: its application, `used` when it was used before, `undefined` when it is unknown. */
  spend(refreshToken: string): SandboxApp | 'used' | undefined {
    const known = this.#refreshTokens.get(refreshToken)
    if (known === undefined) return undefined
    if (known.used) return 'used'
    known.used = true
    return known.app
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
