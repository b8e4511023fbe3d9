import { type Refusal, refusal } from './refusal.ts'
import type { SandboxApp } from './sandbox-options.ts'

/** What a user has granted to an application. */
export interface UserGrant {
  readonly app: SandboxApp
  readonly scope: string
  readonly userId: string
  /** The first number of its access tokens; its refresh tokens have the next one. */
  readonly tokenType: 21 | 26
}

interface Code {
  readonly grant: UserGrant
  readonly redirectUri: string
  readonly until: number
  used: boolean
}

/** A device that waits for its user. */
export interface WaitingDevice {
  readonly deviceCode: string
  readonly userCode: string
  readonly grant: UserGrant
  readonly until: number
  askedAt: number
  verdict: 'pending' | 'approved' | 'denied' | 'used'
}

/** A code works once, within ten minutes. */
const CODE_LIFETIME_MS = 600_000
export const DEVICE_LIFETIME_SECONDS = 1_800
export const DEVICE_INTERVAL_SECONDS = 5
const USER_ID = '2868586000'

/** What is needed of a sandbox here. */
interface Surroundings {
  readonly now: number
  hex(digits: number): string
}

/** Grants of users on their way: codes that were not redeemed yet, devices that wait. */
export class UserGrants {
  readonly #sandbox: Surroundings
  readonly #codes = new Map<string, Code>()
  readonly #devices: WaitingDevice[] = []

  constructor(sandbox: Surroundings) {
    this.#sandbox = sandbox
  }

  /** A code for a user who has consented. */
  code(app: SandboxApp, redirectUri: string, scope: string): string {
    const code = this.#sandbox.hex(32)
    const until = this.#sandbox.now + CODE_LIFETIME_MS
    this.#codes.set(code, { grant: grantTo(app, scope, 21), redirectUri, until, used: false })
    return code
  }

  redeem(app: SandboxApp, text: string, redirectUri: string): UserGrant | Refusal {
    const code = this.#codes.get(text)
    const isGood =
      code !== undefined && !code.used && this.#sandbox.now < code.until && code.grant.app === app
    if (!isGood) return refusal(400, 'invalid_grant', `Invalid authorization code: ${text}`)
    if (code.redirectUri !== redirectUri) {
      return refusal(400, 'redirect_uri_mismatch', 'Invalid redirect uri')
    }
    code.used = true
    return code.grant
  }

  device(app: SandboxApp, scope: string): WaitingDevice {
    const device: WaitingDevice = {
      deviceCode: this.#sandbox.hex(32),
      userCode: this.#sandbox.hex(8),
      grant: grantTo(app, scope, 26),
      until: this.#sandbox.now + DEVICE_LIFETIME_SECONDS * 1_000,
      askedAt: Number.NEGATIVE_INFINITY,
      verdict: 'pending',
    }
    this.#devices.push(device)
    return device
  }

  /** A user decides about a device; `false` when none waits with this code. */
  decide(userCode: string, approved: boolean): boolean {
    const device = this.#devices.find(each => each.userCode === userCode && each.verdict === 'pending')
    if (device !== undefined) device.verdict = approved ? 'approved' : 'denied'
    return device !== undefined
  }

  poll(app: SandboxApp, deviceCode: string): UserGrant | Refusal {
    const { now } = this.#sandbox
    const device = this.#devices.find(each => each.deviceCode === deviceCode && each.grant.app === app)
    if (device === undefined || device.verdict === 'used') {
      return refusal(400, 'invalid_grant', 'The provided authorization grant is revoked')
    }
    if (now >= device.until) return refusal(400, 'expired_token', 'The authorization has expired')
    if (device.verdict === 'denied') return refusal(400, 'access_denied', 'User denied the authorization')
    const waitedMs = now - device.askedAt
    device.askedAt = now
    if (waitedMs < DEVICE_INTERVAL_SECONDS * 1_000) {
      return refusal(400, 'slow_down', 'The device is polling too frequently')
    }
    if (device.verdict === 'pending') {
      return refusal(400, 'authorization_pending', 'User has not yet completed the authorization')
    }
    device.verdict = 'used'
    return device.grant
  }
}

function grantTo(app: SandboxApp, scope: string, tokenType: UserGrant['tokenType']): UserGrant {
  const scopes = scope.split(/[ ,]+/).filter(each => each !== '')
  return { app, scope: (scopes.length > 0 ? scopes : ['basic']).join(' '), userId: USER_ID, tokenType }
}
