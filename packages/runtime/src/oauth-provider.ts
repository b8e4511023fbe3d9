import {
  type ClientSecretMethod,
  type PolicyNumbers,
  type Provider,
  strictProfile,
  tolerantProfile,
} from '@evergrant/core'
import { invalidOption } from './invalid-option.ts'

export interface OAuthProviderOptions {
  /** Absolute URL. */
  readonly tokenEndpoint: string
  /** Part of the identity of every grant, and of reports. The host of the token endpoint by default. */
  readonly name?: string
  /** `client_secret_basic` by default, which every server must support (RFC 6749 §2.3.1). */
  readonly clientSecretMethod?: ClientSecretMethod
  /** Refuse harmless deviations from RFC 6749 §5.1. `false` by default. */
  readonly strict?: boolean
  /** Whether using a refresh token invalidates it. Absent: it does, which is the cautious assumption. */
  readonly refreshTokenUse?: 'single_use' | 'reusable'
  /** Numbers that this server's tokens call for. */
  readonly policy?: Partial<PolicyNumbers>
}

/** Any authorization server that keeps to RFC 6749. Throws `invalid_option` when the endpoint is not a URL. */
export function oauthProvider(options: OAuthProviderOptions): Provider {
  const { tokenEndpoint, clientSecretMethod = 'client_secret_basic', strict = false, policy = {} } = options
  if (!URL.canParse(tokenEndpoint)) {
    throw invalidOption(`the token endpoint "${tokenEndpoint}" is not an absolute URL`)
  }
  return {
    name: options.name ?? new URL(tokenEndpoint).host,
    tokenEndpoint,
    clientSecretMethod,
    profile: strict ? strictProfile : tolerantProfile,
    policy,
    ...(options.refreshTokenUse !== undefined && { refreshTokenUse: options.refreshTokenUse }),
  }
}
