import type { Call, CallTarget } from '../call-program.ts'
import { TOKEN_TEXT } from '../token-endpoint.ts'

/** The global fetch, with a header that never changes. */
export function open({ url }: CallTarget): Call {
  return async () => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN_TEXT}` } })
    return response.text()
  }
}
