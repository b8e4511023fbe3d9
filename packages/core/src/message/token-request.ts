import type { TokenRequest } from '../ports/client-authentication.ts'
import type { GrantIdentity } from '../record/identity.ts'

type Parameter = readonly [name: string, value: string]

/**
 * The token request for a grant: client credentials (RFC 6749 §4.4.2), or a refresh (§6) when a refresh token
 * is given. Client authentication is not in it; the `ClientAuthentication` port adds it on the way out.
 *
 * A refresh asks for no scope: the granted scope goes on, while repeating the *requested* one could ask for
 * more than was granted, which §6 forbids.
 */
export function tokenRequest(identity: GrantIdentity, refreshToken: string | undefined): TokenRequest {
  const parameters: Parameter[] =
    refreshToken === undefined
      ? [['grant_type', 'client_credentials']]
      : [
          ['grant_type', 'refresh_token'],
          ['refresh_token', refreshToken],
        ]
  if (refreshToken === undefined && identity.scopes.length > 0) {
    parameters.push(['scope', identity.scopes.join(' ')])
  }
  if (identity.audience !== undefined) parameters.push(['audience', identity.audience])
  for (const resource of identity.resources) parameters.push(['resource', resource])
  return {
    endpoint: identity.tokenEndpoint,
    parameters,
    headers: [['accept', 'application/json']],
    secrets: refreshToken === undefined ? [] : [refreshToken],
  }
}
