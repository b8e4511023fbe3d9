import type { CallTarget, ResourceServer, TokenPlace } from './resource-server.ts'

/** A request, as far as it may be authorized already. */
export interface AuthorizableRequest {
  readonly hasHeader: (name: string) => boolean
  /** URL, or path and query; without fragment. */
  readonly url: string
  /** The body, where it is text; `undefined` when there is none or it cannot be looked into. */
  readonly body: string | undefined
}

/**
 * Whether a call is authorized in some way already: by an Authorization header, in the place where the token would
 * stand, or where the server would look for another credential. No call carries two.
 */
export function isAuthorized(
  server: ResourceServer,
  target: CallTarget,
  contentType: string,
  request: AuthorizableRequest,
): boolean {
  if (request.hasHeader('authorization')) return true
  const place = server.place?.(target, contentType)
  if (place !== undefined && isTaken(place, request)) return true
  const others = server.credentialPlaces?.(target, contentType) ?? []
  return others.some(each => each !== place && isTaken(each, request))
}

/** Whether there is something where a token would stand. */
export function isTaken(place: TokenPlace, request: AuthorizableRequest): boolean {
  switch (place.in) {
    case 'header':
      return request.hasHeader(place.name ?? 'authorization')
    case 'query': {
      const query = request.url.indexOf('?')
      return query >= 0 && hasParameter(request.url.slice(query + 1), place.name)
    }
    case 'form':
      return request.body !== undefined && hasParameter(request.body, place.name)
    case 'json':
      return request.body !== undefined && hasMember(request.body, place.name)
  }
}

function hasParameter(form: string, name: string): boolean {
  // Most do not even contain its letters.
  if (!form.includes(name) && !/[%+]/.test(form)) return false
  return form.split('&').some(parameter => decoded(parameter.split('=', 1)[0] ?? '') === name)
}

function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Whether a JSON object brings a member of this name along. Parsed only where it may: bodies can be large. */
function hasMember(json: string, name: string): boolean {
  if (!json.includes(`"${name}"`) && !json.includes('\\u')) return false
  try {
    return Object.hasOwn(JSON.parse(json), name)
  } catch {
    return false
  }
}
