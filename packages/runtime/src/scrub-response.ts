import { type HttpResponse, redact, redactBody } from '@evergrant/core'

/**
 * The response without any client secret that a server may have echoed. The core redacts what it knows, but
 * client secrets never get there. A refresh token in an answer is no echo.
 */
export function scrubbed(
  response: HttpResponse,
  secrets: readonly string[],
  known: readonly string[],
): HttpResponse {
  const own = secrets.filter(secret => !known.includes(secret))
  return {
    status: response.status,
    headers: response.headers.map(([name, value]) => [name, redact(value, own)]),
    body: redactBody(response.body, own),
  }
}
