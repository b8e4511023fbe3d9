import { Agent, request } from 'undici'
import type { Call, CallTarget } from '../call-program.ts'
import { TOKEN_TEXT } from '../token-endpoint.ts'

/** Bare undici, with a header that never changes. */
export function open({ url }: CallTarget): Call {
  const dispatcher = new Agent()
  return async () => {
    const { body } = await request(url, { dispatcher, headers: { authorization: `Bearer ${TOKEN_TEXT}` } })
    return body.text()
  }
}
