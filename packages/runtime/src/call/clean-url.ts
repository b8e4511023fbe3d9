import { withoutQueryToken } from '@evergrant/core/calls'

/** A response, and every copy of it, without the token in its URL: a response prints that. */
export function withoutTokenInUrl(response: Response, parameter: string): Response {
  const copy = response.clone.bind(response)
  return Object.defineProperties(response, {
    url: { value: withoutQueryToken(response.url, parameter), configurable: true },
    clone: { value: () => withoutTokenInUrl(copy(), parameter), configurable: true },
  })
}
