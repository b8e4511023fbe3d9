import { EvergrantError, fail } from '@evergrant/core'
import {
  type CallTarget,
  isAuthorized,
  isIdempotent,
  type OriginTest,
  type ResourceServer,
  type TokenPlace,
} from '@evergrant/core/calls'

/** What `fetch` takes for a body. */
type Body = NonNullable<RequestInit['body']>

/** What a call may say beyond what `fetch` understands. */
export interface CallInit extends RequestInit {
  /**
   * Make the call again even if it may have been carried out already, though its method does not promise that this
   * does no harm (POST, PATCH). As `authorizedFetch` was told by default.
   */
  readonly retryUnsafe?: boolean
}

/** A call as it is made, each time with another token or signature. */
export interface ApiRequest {
  readonly url: URL
  readonly target: CallTarget
  readonly method: string
  /** As they were when the call was made; `undefined`: the caller gave none, as most who only get something. */
  readonly headers: Headers | undefined
  readonly body: Body | null
  readonly signal: AbortSignal | undefined
  /** Everything else that `fetch` was given. */
  readonly init: RequestInit
  /** Whether the body can be sent again: not a stream. */
  readonly replayable: boolean
  /** A stream that may be none: `Request` makes one of every body. */
  readonly ofRequest?: ReadableStream<Uint8Array<ArrayBuffer>> | undefined
  readonly repeatable: boolean
}

/** What of a request carries its authorization. */
export interface Parts extends Pick<ApiRequest, 'body'> {
  readonly url: string
  readonly headers: NonNullable<RequestInit['headers']>
}

/** A URL that may be shown a token, and what of it is asked for often. */
type Place = Pick<ApiRequest, 'url' | 'target'>

/** Reads URLs, and knows the last one: programs call the same one many times in a row. */
export function placeReader(isAllowed: OriginTest): (text: string) => Place {
  let known: { readonly text: string; readonly place: Place } | undefined
  return text => {
    if (known?.text === text) return known.place
    const url = new URL(text)
    // Setting it costs another parsing. An empty fragment does not show in `hash`.
    if (url.href.includes('#')) url.hash = ''
    requireAllowed(url, isAllowed)
    const place: Place = { url, target: { hostname: url.hostname, pathname: url.pathname } }
    known = { text, place }
    return place
  }
}

const NOTHING_SAID: CallInit = {}

/** Reads the arguments of `fetch`. Throws an `EvergrantError` for a URL that may not be shown a token. */
export function apiRequest(
  input: string | URL | Request,
  init: CallInit | undefined,
  placeOf: (text: string) => Place,
  retryUnsafe: boolean,
): ApiRequest {
  const given = typeof input === 'string' || !isRequest(input) ? undefined : input
  const { url, target } = placeOf(given?.url ?? String(input))
  const { retryUnsafe: unsafe = retryUnsafe, ...rest }: CallInit = init ?? NOTHING_SAID
  const method = (rest.method ?? given?.method ?? 'GET').toUpperCase()
  const body = rest.body ?? given?.body ?? null
  const headers = rest.headers ?? given?.headers
  return {
    url,
    target,
    method,
    headers: headers && new Headers(headers),
    body,
    signal: rest.signal ?? given?.signal ?? undefined,
    init: given === undefined ? rest : { ...instructionsOf(given), ...rest },
    replayable: body === null || !isStream(body),
    ...(given?.body != null && body === given.body && { ofRequest: given.body }),
    repeatable: unsafe || isIdempotent(method),
  }
}

/** Whether it is a request: of this runtime, or of a library that brings a class of its own along. */
function isRequest(input: URL | Request): input is Request {
  return input instanceof Request || ('url' in input && 'method' in input && 'headers' in input)
}

/** What a `Request` says about how it is to be sent, as far as a server program can tell the difference. */
function instructionsOf({ redirect, integrity }: Request): RequestInit {
  return { redirect, ...(integrity && { integrity }) }
}

/** Throws unless this URL may be shown a token, and has none yet. */
function requireAllowed(url: URL, isAllowed: OriginTest): void {
  if (isAllowed(url) && url.username === '' && url.password === '') return
  const message = `${url.origin} may not be shown a token; correct the URL, or add it to the origins of the resource server.`
  throw new EvergrantError(fail('origin_not_allowed', { message }))
}

function isStream(body: Body): boolean {
  return body instanceof ReadableStream || (typeof body === 'object' && Symbol.asyncIterator in body)
}

/** Where the token stands in a request. */
export function placeIn(request: ApiRequest, server: ResourceServer): TokenPlace {
  return server.place?.(request.target, contentTypeOf(request)) ?? IN_HEADER
}

/** The parameter of the query that the token stands in; `undefined` when it stands elsewhere. */
export function queryParameterOf(request: ApiRequest, server: ResourceServer): string | undefined {
  const place = placeIn(request, server)
  return place.in === 'query' ? place.name : undefined
}

/** Throws when a request is authorized in some way already: none carries two credentials. */
export function requireUnauthorized(request: ApiRequest, server: ResourceServer): void {
  const { headers, url, target } = request
  // Nothing that could be, and no place where it could be.
  if (headers === undefined && server.place === undefined && server.credentialPlaces === undefined) return
  const seen = {
    hasHeader: (name: string) => headers?.has(name) === true,
    url: url.href,
    body: textBody(request),
  }
  if (isAuthorized(server, target, contentTypeOf(request), seen)) {
    throw new EvergrantError(fail('scheme_conflict'))
  }
}

const IN_HEADER: TokenPlace = { in: 'header' }

export function contentTypeOf({ headers, body }: ApiRequest): string {
  const given = headers?.get('content-type') ?? null
  if (given !== null) return given
  return body instanceof URLSearchParams ? FORM : ''
}

const FORM = 'application/x-www-form-urlencoded'

/** What an empty body has to say of itself when the token becomes a form of it. */
export const FORM_FIELD: readonly [name: string, value: string] = ['content-type', FORM]

/** The body as text, where a token can be added to it; `undefined` when it is none. */
export function textBody({ body }: ApiRequest): string | undefined {
  if (body === null) return undefined
  return typeof body === 'string' || body instanceof URLSearchParams ? String(body) : undefined
}

/** A copy of the header fields, with the type that `fetch` would have chosen for a body that became text. */
export function headersFor({ headers, body }: ApiRequest): Headers {
  const copy = new Headers(headers)
  if (body instanceof URLSearchParams && !copy.has('content-type')) copy.set('content-type', FORM)
  return copy
}

/** The header fields with one that authorizes the call; where that is the only one, nothing needs to be copied. */
export function authorizedHeaders(
  request: ApiRequest,
  field: readonly [name: string, value: string] | undefined,
): Headers | Record<string, string> {
  const { headers, body } = request
  if (headers === undefined && !(body instanceof URLSearchParams)) {
    return field === undefined ? {} : { [field[0]]: field[1] }
  }
  const copy = headersFor(request)
  if (field !== undefined) copy.set(...field)
  return copy
}
