import { OAuth2Client } from 'google-auth-library'
import type { Call, CallTarget } from '../call-program.ts'

/** The `request` of its leanest client. */
export function open({ url, endpoint }: CallTarget): Call {
  const client = new OAuth2Client({
    clientId: endpoint.id,
    clientSecret: endpoint.secret,
    endpoints: { oauth2TokenUrl: endpoint.url },
  })
  client.setCredentials({ refresh_token: 'refresh-token' })
  return async () => (await client.request<string>({ url, responseType: 'text' })).data
}
