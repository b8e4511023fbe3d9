import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { encodeForm } from '../message/form.ts'
import type { TokenType } from '../message/token-set.ts'
import type { TokenPlace } from './resource-server.ts'
import { isTaken } from './taken-place.ts'

/** A request with its token: what of it is new. */
export interface Placed {
  /** The URL, or path and query, that was given, with the token if it stands there. */
  readonly url: string
  /** The header field to add; `undefined` when the token stands elsewhere. */
  readonly header: readonly [name: string, value: string] | undefined
  /** The body that was given, with the token if it stands there. */
  readonly body: string | undefined
}

/** Puts a token where it belongs; a failure when the body cannot take it, or there is one already. */
export function placeToken(
  place: TokenPlace,
  accessToken: string,
  url: string,
  body: string | undefined,
  tokenType: TokenType = 'Bearer',
): Placed | Failure {
  if (tokenType === 'DPoP') return placeBoundToken(place, accessToken, url, body)
  const inBody = place.in === 'form' || place.in === 'json'
  if (inBody && isTaken(place, { hasHeader: () => false, url, body })) {
    return fail('scheme_conflict')
  }
  switch (place.in) {
    case 'header': {
      const { name } = place
      const header = name === undefined ? BEARER(accessToken) : ([name, accessToken] as const)
      return { url, header, body }
    }
    case 'query': {
      const parameter = encodeForm([[place.name, accessToken]])
      return { url: `${url}${url.includes('?') ? '&' : '?'}${parameter}`, header: undefined, body }
    }
    case 'form': {
      const parameter = encodeForm([[place.name, accessToken]])
      const form = body === undefined || body === '' ? parameter : `${body}&${parameter}`
      return { url, header: undefined, body: form }
    }
    case 'json': {
      const json = withMember(body ?? '{}', place.name, accessToken)
      return json === undefined ? fail('body_unsuitable') : { url, header: undefined, body: json }
    }
  }
}

/** RFC 9449 §7.1 leaves one place only; anywhere else a server would take it for a bearer token. */
function placeBoundToken(
  place: TokenPlace,
  accessToken: string,
  url: string,
  body: string | undefined,
): Placed | Failure {
  if (place.in !== 'header' || place.name !== undefined) return fail('scheme_conflict', { message: BOUND })
  return { url, header: ['authorization', `DPoP ${accessToken}`], body }
}

const BOUND =
  'A token that is bound to a key stands in the Authorization header only, and this API wants it elsewhere.'

const BEARER = (accessToken: string) => ['authorization', `Bearer ${accessToken}`] as const

/** The JSON object with one more member at its beginning; `undefined` when it is none. */
function withMember(json: string, name: string, value: string): string | undefined {
  const object = /^\s*\{\s*(\})?/.exec(json)
  if (object === null) return undefined
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
  const [opening, end] = object
  return end === undefined ? `{${member},${json.slice(opening.length)}` : `{${member}}`
}

/** The text of a URL, without the value of the query parameter that a token stands in, fit to be shown. */
export function withoutQueryToken(url: string, name: string): string {
  const [beforeFragment = '', ...fragment] = url.split('#')
  const [path = '', query] = beforeFragment.split('?', 2)
  if (query === undefined) return url
  const kept = query.split('&').filter(parameter => parameter !== name && !parameter.startsWith(`${name}=`))
  return [kept.length === 0 ? path : `${path}?${kept.join('&')}`, ...fragment].join('#')
}
