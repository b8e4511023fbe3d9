import type { Endpoint } from './library.ts'

/** The request that a token source makes, without a token source. */
export async function bareRequest({ url, id, secret }: Endpoint): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}
