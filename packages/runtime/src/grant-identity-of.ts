import { type GrantIdentity, grantIdentity } from '@evergrant/core'
import type { GrantOptions } from './grant-options.ts'

/** The identity of the grant that options describe, once client id and key are known. */
export function grantIdentityOf(
  options: GrantOptions,
  clientId: string,
  keyThumbprint: string | undefined,
): GrantIdentity {
  const { provider, grant = { type: 'client_credentials' }, subject, scopes, audience, resources } = options
  const { name, tokenEndpoint } = provider
  return grantIdentity({
    provider: name,
    tokenEndpoint,
    clientId,
    grantType: grant.type,
    ...(subject !== undefined && { subject }),
    ...(scopes !== undefined && { scopes }),
    ...(audience !== undefined && { audience }),
    ...(resources !== undefined && { resources }),
    ...(keyThumbprint !== undefined && { keyThumbprint }),
    ...(grant.type === 'refresh_token' && grant.narrowTo && { refreshScopes: grant.narrowTo }),
    ...(grant.type === 'token_exchange' && { parameters: grant.parameters }),
    ...(grant.type === 'token_exchange' && grant.actor !== undefined && { actor: grant.actor }),
  })
}
