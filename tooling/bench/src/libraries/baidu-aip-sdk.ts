import sdk from 'baidu-aip-sdk'
import type { Endpoint, Program } from '../library.ts'

/**
 * The SDK has no call for a token alone: `doRequest`, which all its API calls go through, is given a request that
 * remembers the token and an HTTP client that answers with it instead of going to the network.
 */
export function open({ url, id, secret }: Endpoint): Program {
  sdk.HttpClient.setRequestInterceptor(options => ({ ...options, url }))
  const client = new sdk.machineTranslation('1234567', id, secret)
  const request = {
    held: '',
    makeDevOptions({ token }: { readonly token: string }) {
      request.held = token
    },
  }
  const echo = { postWithInfo: (info: typeof request) => info.held }
  const token = () => client.doRequest(request, echo)
  return { ask: token, token }
}
