import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client'
import type { Endpoint, Program } from '../library.ts'

/** Its fetch wrapper, which keeps the token, asked for the token alone. */
export function open({ url, id, secret }: Endpoint): Program {
  const client = new OAuth2Client({
    tokenEndpoint: url,
    clientId: id,
    clientSecret: secret,
    authenticationMethod: 'client_secret_post',
  })
  const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials() })
  const token = () => wrapper.getAccessToken()
  return { ask: token, token }
}
