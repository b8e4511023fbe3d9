import { Agent } from 'node:http'
import axios from 'axios'
import { bareRequest } from '../bare-request.ts'
import type { Call, CallTarget } from '../call-program.ts'

/** axios with an interceptor that sets the token, and connections that are kept. */
export function open({ url, endpoint }: CallTarget): Call {
  const client = axios.create({ httpAgent: new Agent({ keepAlive: true }), responseType: 'text' })
  const token = bareRequest(endpoint)
  client.interceptors.request.use(async config => {
    config.headers.set('Authorization', `Bearer ${await token}`)
    return config
  })
  return async () => (await client.get<string>(url)).data
}
