import type { TokenRequest } from '../ports/client-authentication.ts'
import type { GrantIdentity } from '../record/identity.ts'
import { targetParameters } from './target-parameters.ts'
import { TOKEN_EXCHANGE } from './token-exchange.ts'

type Parameter = readonly [name: string, value: string]

/**
 * The token request for a grant: a refresh (RFC 6749 §6) when a refresh token is given, else client credentials
 * (§4.4.2) or a token exchange (RFC 8693 §2.1). Client authentication is not in it, nor are the tokens that are
 * exchanged; both are added on the way out.
 */
export function tokenRequest(identity: GrantIdentity, refreshToken: string | undefined): TokenRequest {
  const parameters: Parameter[] =
    refreshToken === undefined
      ? askingAnew(identity)
      : [
          ['grant_type', 'refresh_token'],
          ['refresh_token', refreshToken],
        ]
  const scopes = scopesAsked(identity, refreshToken)
  if (scopes !== undefined) parameters.push(['scope', scopes.join(' ')])
  parameters.push(...targetParameters(identity.resources, identity.audience))
  return {
    endpoint: identity.tokenEndpoint,
    parameters,
    headers: [['accept', 'application/json']],
    secrets: refreshToken === undefined ? [] : [refreshToken],
  }
}

function askingAnew({ grantType, parameters = [] }: GrantIdentity): Parameter[] {
  const type = grantType === 'token_exchange' ? TOKEN_EXCHANGE : 'client_credentials'
  return [['grant_type', type], ...parameters]
}

/**
 * The scopes that a request asks for; `undefined` when it asks for none.
 *
 * A refresh asks for no scope unless fewer are wanted: the granted scope goes on, while repeating the *requested* one
 * could ask for more than was granted, which RFC 6749 §6 forbids.
 */
export function scopesAsked(
  { scopes, refreshScopes }: GrantIdentity,
  refreshToken: string | undefined,
): readonly string[] | undefined {
  const asked = refreshToken === undefined ? scopes : refreshScopes
  return asked !== undefined && asked.length > 0 ? asked : undefined
}
