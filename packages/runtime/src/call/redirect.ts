import { EvergrantError, fail } from '@evergrant/core'
import type { ApiRequest } from './api-request.ts'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Redirects that a call follows at most. */
const HOPS_MAX = 5

/**
 * The request that a redirect asks for (RFC 9110 §15.4), as `fetch` would make it; `undefined` when the answer is
 * none, or the caller wants to see it. What the call carried in its query, and the server repeats, is left out: the
 * next request has its own. Throws `redirected` for one too many, and for a stream that cannot be sent again.
 */
export function nextHop(
  request: ApiRequest,
  response: Response,
  hop: number,
  secrets: readonly string[],
): ApiRequest | undefined {
  const { init, method, url } = request
  const { status } = response
  const follows = init.redirect === undefined || init.redirect === 'follow'
  if (!follows || !REDIRECTS.has(status)) return undefined
  const location = response.headers.get('location')
  if (location === null) return undefined
  if (hop > HOPS_MAX || !URL.canParse(location, url.href))
    throw new EvergrantError(fail('redirected', { status }))
  const next = { ...request, url: withoutSecrets(new URL(location, url), secrets) }
  const becomesGet =
    (status === 303 && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST')
  if (!becomesGet) {
    if (!request.replayable) throw new EvergrantError(fail('redirected', { status }))
    return next
  }
  const headers = new Headers(request.headers)
  for (const name of ['content-type', 'content-length', 'content-encoding']) headers.delete(name)
  const { body: _, ...rest } = init
  return { ...next, method: 'GET', headers, body: null, init: rest, replayable: true, repeatable: true }
}

/** The URL without the parameters that hold one of the secrets, as most servers hand a query on. */
function withoutSecrets(url: URL, secrets: readonly string[]): URL {
  if (!holdsOne(url.search, secrets)) return url
  const kept = url.search.slice(1).split('&')
  url.search = kept.filter(parameter => !holdsOne(parameter, secrets)).join('&')
  return url
}

function holdsOne(text: string, secrets: readonly string[]): boolean {
  return secrets.some(secret => text.includes(secret) || text.includes(encodeURIComponent(secret)))
}

/**
 * Follows a redirect to where no token may go: with nothing that authorizes, as `fetch` across origins. Rejects with
 * `redirected` where a secret of the call has got into the URL.
 */
export async function followElsewhere(
  request: ApiRequest,
  send: typeof fetch,
  secrets: readonly string[],
): Promise<Response> {
  const { url, method, body, init, signal } = request
  if (holdsOne(url.href, secrets)) throw new EvergrantError(fail('redirected'))
  const headers = new Headers(request.headers)
  for (const name of ['authorization', 'proxy-authorization', 'cookie', 'host']) headers.delete(name)
  return send(url, { ...init, method, headers, body, redirect: 'follow', ...(signal && { signal }) })
}
