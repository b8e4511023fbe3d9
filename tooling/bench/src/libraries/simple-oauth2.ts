import { type AccessToken, ClientCredentials } from 'simple-oauth2'
import type { Endpoint, Program } from '../library.ts'

/** It obtains tokens and tells whether one has expired; keeping the token is left to whoever uses it. */
export function open({ url, id, secret }: Endpoint): Program {
  const { origin, pathname } = new URL(url)
  const client = new ClientCredentials({
    client: { id, secret },
    auth: { tokenHost: origin, tokenPath: pathname },
    options: { authorizationMethod: 'body' },
  })
  let held: AccessToken | undefined
  async function token(): Promise<string> {
    if (held === undefined || held.expired()) held = await client.getToken({})
    return held.token.access_token as string
  }
  return { ask: token, token }
}
