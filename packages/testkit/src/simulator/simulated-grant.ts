import {
  canonicalText,
  grantIdentity,
  IDEMPOTENT_DEFAULTS,
  LIFETIME_UNKNOWN_MS,
  type PolicyNumbers,
  type Provider,
  recordKey,
  SINGLE_USE_DEFAULTS,
  tolerantProfile,
} from '@evergrant/core'
import { GrantHistory } from './grant-history.ts'

/** How one grant is renewed, and how its authorization server goes about it. */
export interface GrantRules {
  /**
   * - `client`: client credentials, renewed by another such request;
   * - `client_refreshed`: client credentials, renewed with the single-use refresh token that came along;
   * - `single_use`: a delegated grant whose refresh token works once;
   * - `reusable`: a delegated grant whose refresh token goes on working.
   */
  readonly kind: 'client' | 'client_refreshed' | 'single_use' | 'reusable'
  /** How long an access token lives, in ms of true time. */
  readonly lifeMs: number
  /** How `expires_in` is written, if at all. */
  readonly lifetimeAs: 'number' | 'text' | 'absent'
  /** Whether the server gives the same token again until it is nearly over. */
  readonly repeats: boolean
  /** How long the server accepts a spent refresh token again, in ms; 0: it revokes the family at once. */
  readonly graceMs: number
  /** Whether every refresh brings a new refresh token; otherwise some leave the old one in use. */
  readonly rotatesAlways: boolean
  /** Whether a delegated grant begins with a configured refresh token, rather than with a sign-in. */
  readonly seeded: boolean
  /** Where the program's policy differs from its defaults. */
  readonly policy: Partial<PolicyNumbers>
}

export const TOKEN_ENDPOINT = 'https://as.example/token'
/** Every text that must not get out has this in it. */
export const SECRET_MARK = 'SECRET'

/**
 * Whether processes can use each other's tokens: where the store tells no time, a foreign token lives shorter by
 * all that two clocks may be apart, and a short-lived one is over before it is known.
 */
export function isShareable({ toldLifeMs, numbers }: SimulatedGrant, storeHasClock: boolean): boolean {
  return storeHasClock || toldLifeMs > 4 * numbers.clockSkewMs + SHARED_LIFE_MS_MIN
}

/** What must be left of a foreign token for it to be of any use, in ms. */
const SHARED_LIFE_MS_MIN = 10_000

/** One grant of a simulated world: what it is, and everything that happened to it. */
export interface SimulatedGrant {
  readonly index: number
  readonly rules: GrantRules
  readonly clientId: string
  readonly clientSecret: string
  readonly subject: string
  readonly provider: Provider
  readonly type: 'client_credentials' | 'refresh_token'
  /** Whether presenting its refresh token uses it up. */
  readonly spends: boolean
  /** Whether only a new sign-in can help when its refresh token is gone. */
  readonly delegated: boolean
  /** Under which the program keeps it. */
  readonly key: string
  /** What stands in its records to tell them from those of others. */
  readonly identity: string
  /** How long the program believes that a new token lives, in ms. */
  readonly toldLifeMs: number
  /** The numbers that govern it in the program. */
  readonly numbers: PolicyNumbers
  readonly history: GrantHistory
}

export function simulatedGrant(index: number, rules: GrantRules): SimulatedGrant {
  const delegated = rules.kind === 'single_use' || rules.kind === 'reusable'
  const spends = rules.kind === 'single_use' || rules.kind === 'client_refreshed'
  const type = delegated ? 'refresh_token' : 'client_credentials'
  const clientId = `client-${SECRET_MARK}-${index}`
  const subject = `subject-${index}`
  const identity = grantIdentity({
    provider: 'simulated',
    tokenEndpoint: TOKEN_ENDPOINT,
    clientId,
    grantType: type,
    subject,
  })
  return {
    index,
    rules,
    clientId,
    clientSecret: `${SECRET_MARK}-of-client-${index}`,
    subject,
    provider: {
      name: 'simulated',
      tokenEndpoint: TOKEN_ENDPOINT,
      clientSecretMethod: 'client_secret_post',
      profile: tolerantProfile,
      policy: {},
      renewWith: rules.kind === 'client_refreshed' ? 'refresh_token' : 'client_credentials',
      refreshTokenUse: rules.kind === 'reusable' ? 'reusable' : 'single_use',
    },
    type,
    spends,
    delegated,
    key: recordKey(identity),
    identity: canonicalText(identity),
    toldLifeMs: rules.lifetimeAs === 'absent' ? LIFETIME_UNKNOWN_MS : rules.lifeMs,
    numbers: { ...(spends ? SINGLE_USE_DEFAULTS : IDEMPOTENT_DEFAULTS), ...rules.policy },
    history: new GrantHistory(),
  }
}
