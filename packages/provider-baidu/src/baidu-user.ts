import type { Members, Provider } from '@evergrant/core'
import { baidu } from './baidu.ts'

export interface BaiduUserOptions {
  /** Where Baidu's Open API is: a sandbox for instance. `https://openapi.baidu.com` by default. */
  readonly origin?: string
}

const ORIGIN = 'https://openapi.baidu.com'

/**
 * Baidu for grants of its users, to Netdisk for instance: `authorizationFlow`, `deviceSignIn` and `revokeToken` of
 * `@evergrant/runtime/flows`. A refresh token lives ten years and works once; Netdisk voids it even when the refresh
 * fails, so one that was sent is never sent again on suspicion. No PKCE: Baidu documents none. A grant is revoked by its
 * access token.
 */
export function baiduUser({ origin = ORIGIN }: BaiduUserOptions = {}): Provider {
  return {
    ...baidu({ endpoint: `${origin}/oauth/2.0/token`, renewWith: 'refresh_token' }),
    name: 'baidu-user',
    authorizationEndpoint: `${origin}/oauth/2.0/authorize`,
    codeChallenge: 'none',
    deviceAuthorizationEndpoint: `${origin}/oauth/2.0/device/code`,
    deviceDialect: {
      parameters: [['response_type', 'device_code']],
      grantType: 'device_token',
      codeParameter: 'code',
      asksByQuery: true,
    },
    revocationEndpoint: `${origin}/rest/2.0/passport/auth/revokeAuthorization`,
    revocationDialect: { kind: 'access_token', parameter: 'access_token', isDone },
  }
}

/** A result of 1, which some clients see as text; or a token that has no grant any more. */
function isDone(members: Members): boolean {
  const result = members.get('result')
  return result === 1 || result === '1' || NO_GRANT.includes(members.get('error_code'))
}

/** Codes of a token that was not accepted, which the classic API writes as text. */
const NO_GRANT: readonly unknown[] = [110, 111, '110', '111']
