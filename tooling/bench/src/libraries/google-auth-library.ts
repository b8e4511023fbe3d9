import { OAuth2Client } from 'google-auth-library'
import type { Endpoint, Program } from '../library.ts'

/** Its leanest client, with a refresh token, since Google has no client credentials that other servers would take. */
export function open({ url, id, secret }: Endpoint): Program {
  const client = new OAuth2Client({
    clientId: id,
    clientSecret: secret,
    endpoints: { oauth2TokenUrl: url },
  })
  client.setCredentials({ refresh_token: 'refresh-token' })
  return {
    ask: () => client.getAccessToken(),
    token: async () => (await client.getAccessToken()).token ?? '',
  }
}
