import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client'
import type { Call, CallTarget } from '../call-program.ts'

/** Its fetch wrapper. */
export function open({ url, endpoint }: CallTarget): Call {
  const client = new OAuth2Client({
    tokenEndpoint: endpoint.url,
    clientId: endpoint.id,
    clientSecret: endpoint.secret,
    authenticationMethod: 'client_secret_post',
  })
  const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials() })
  return async () => {
    const response = await wrapper.fetch(url)
    return response.text()
  }
}
