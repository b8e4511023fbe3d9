import { stringify } from 'node:querystring'
import { EvergrantError, type Failure, fail, type HeaderList } from '@evergrant/core'
import {
  type CallTarget,
  type CallTraits,
  isAuthorized,
  isIdempotent,
  placeToken,
  type ResourceServer,
  type SignableRequest,
  type TokenPlace,
} from '@evergrant/core/calls'
import type { Dispatcher } from 'undici'

type Options = Dispatcher.DispatchOptions
type Headers = NonNullable<Options['headers']>
type Field = readonly [name: string, value: unknown]

/** Host and path that a request goes to. */
export function targetOf(options: Options): CallTarget {
  const hostname = new URL(String(options.origin)).hostname
  const query = options.path.indexOf('?')
  return { hostname, pathname: query < 0 ? options.path : options.path.slice(0, query) }
}

/** The request with its parameters in its path, as undici itself would join them: a token may have to follow. */
export function joined(given: Options): Options {
  const options = withLastingHeaders(given)
  if (options.query == null) return options
  const { query, path, ...rest } = options
  // A path that brings a query along is refused by undici, in its own words.
  if (/[?#]/.test(path)) return options
  const parameters = stringify(query)
  return { ...rest, path: parameters === '' ? path : `${path}?${parameters}` }
}

/** Header fields that can be looked at more than once, unlike those of an iterator. */
function withLastingHeaders(options: Options): Options {
  const { headers } = options
  if (headers == null || Array.isArray(headers) || !isList(headers)) return options
  return { ...options, headers: fields(headers).flatMap(flatten) }
}

/** The caller's signal, where it is one that can be listened to. */
export function signalOf(options: Options): AbortSignal | undefined {
  const { signal } = options as { signal?: unknown }
  return signal instanceof AbortSignal ? signal : undefined
}

/** Whether a request can be sent again, and whether that does harm. */
export function traitsOf({ body, method, idempotent }: Options, retryUnsafe: boolean): CallTraits {
  return { replayable: isReplayable(body), repeatable: retryUnsafe || (idempotent ?? isIdempotent(method)) }
}

/** Bodies that are not used up by being sent, by what they call themselves: undici has a class of its own for forms. */
const LASTING: ReadonlySet<unknown> = new Set(['ArrayBuffer', 'Blob', 'File', 'FormData'])

function isReplayable(body: unknown): boolean {
  if (body == null || typeof body === 'string' || ArrayBuffer.isView(body)) return true
  return (
    typeof body === 'object' && LASTING.has((body as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag])
  )
}

export const IN_HEADER: TokenPlace = { in: 'header' }

/** Where the token stands in a request. Throws when the request is authorized in some way already. */
export function placeIn(options: Options, server: ResourceServer, target: CallTarget): TokenPlace {
  const { path, body } = options
  const contentType = headerOfRequest(options, 'content-type')
  const seen = {
    hasHeader: (name: string) => hasHeader(options.headers, name),
    url: path,
    body: typeof body === 'string' ? body : undefined,
  }
  if (isAuthorized(server, target, contentType, seen)) throw failed(fail('scheme_conflict'))
  return server.place?.(target, contentType) ?? IN_HEADER
}

/** The request without what an earlier hop of it carried, where a server repeats the query in what it redirects to. */
export function withoutOwnToken(options: Options, accessToken: string): Options {
  const own = encodeURIComponent(accessToken)
  const query = options.path.indexOf('?')
  if (query < 0 || !options.path.includes(own)) return options
  const kept = options.path
    .slice(query + 1)
    .split('&')
    .filter(parameter => parameter.slice(parameter.indexOf('=') + 1) !== own)
  const path = options.path.slice(0, query)
  return { ...options, path: kept.length === 0 ? path : `${path}?${kept.join('&')}` }
}

/** The request with a token. Throws an `EvergrantError` when it cannot take one, or has one already. */
export function withToken(options: Options, place: TokenPlace, accessToken: string, proof?: string): Options {
  if (proof !== undefined) return withBoundToken(options, place, accessToken, proof)
  const { body } = options
  const inBody = place.in === 'json' || place.in === 'form'
  if (inBody && body != null && typeof body !== 'string') throw failed(fail('body_unsuitable'))
  const placed = placeToken(place, accessToken, options.path, typeof body === 'string' ? body : undefined)
  if ('kind' in placed) throw failed(placed)
  if (hasHeader(options.headers, placed.header?.[0] ?? 'authorization')) throw failed(fail('scheme_conflict'))
  if (placed.header !== undefined) return { ...options, headers: withHeader(options.headers, placed.header) }
  if (!inBody) return { ...options, path: placed.url }
  return { ...options, body: placed.body ?? null, headers: withoutHeader(options.headers, 'content-length') }
}

/** A request as a signer is to see it. */
export function signableOf(options: Options): SignableRequest {
  const url = new URL(new URL(String(options.origin)).origin + options.path).href
  const flat = fields(options.headers).flatMap(flatten)
  const headers: [string, string][] = []
  for (let i = 0; i < flat.length; i += 2) headers.push([flat[i]?.toLowerCase() ?? '', flat[i + 1] ?? ''])
  return { method: options.method, url, headers }
}

/** The request with a token that is bound to a key, and the proof that the key is held (RFC 9449 §7.1). */
function withBoundToken(options: Options, place: TokenPlace, accessToken: string, proof: string): Options {
  const placed = placeToken(place, accessToken, options.path, undefined, 'DPoP')
  if ('kind' in placed) throw failed(placed)
  const { headers } = options
  if (hasHeader(headers, 'authorization') || hasHeader(headers, 'dpop')) throw failed(fail('scheme_conflict'))
  const added = [...(placed.header === undefined ? [] : [placed.header]), ['dpop', proof] as const]
  return { ...options, headers: added.reduce<Options['headers']>(withHeader, headers) ?? null }
}

/** The request with header fields that take the place of those that are there. */
export function withFields(options: Options, added: HeaderList): Options {
  const others = added.reduce(
    (headers, [name]) => withoutHeader(headers, name.toLowerCase()),
    options.headers,
  )
  return { ...options, headers: [...fields(others).flatMap(flatten), ...added.flat()] }
}

function failed(failure: Failure): EvergrantError {
  return new EvergrantError(failure)
}

/** The fields of all the forms in which undici takes headers. */
function fields(headers: Headers | null | undefined): readonly Field[] {
  if (headers == null) return []
  if (!isList(headers)) return Object.entries(headers)
  const list: readonly unknown[] = [...headers]
  return list.flatMap((each, i): Field[] => {
    if (Array.isArray(each)) return [[String(each[0]), each[1]]]
    return i % 2 === 0 ? [[String(each), list[i + 1]]] : []
  })
}

function isList(headers: Headers): headers is Extract<Headers, Iterable<unknown>> {
  return Symbol.iterator in headers
}

/** A header field of a request; empty when it has none of that name. */
function headerOfRequest({ headers }: Options, name: string): string {
  const found = fields(headers).find(([field]) => field.toLowerCase() === name)
  return String(found?.[1] ?? '')
}

/** Whether there is a field of this name, in whatever case either is written. */
function hasHeader(headers: Headers | null | undefined, given: string): boolean {
  if (headers == null) return false
  const name = given.toLowerCase()
  if (isList(headers)) return fields(headers).some(([field]) => field.toLowerCase() === name)
  for (const field in headers) if (field.length === name.length && field.toLowerCase() === name) return true
  return false
}

/** One field more, in the form that costs least. */
function withHeader(headers: Headers | null | undefined, [name, value]: readonly [string, string]): Headers {
  if (headers == null) return { [name]: value }
  return isList(headers) ? [...fields(headers).flatMap(flatten), name, value] : { ...headers, [name]: value }
}

function withoutHeader(headers: Headers | null | undefined, name: string): Headers {
  return fields(headers)
    .filter(([field]) => field.toLowerCase() !== name)
    .flatMap(flatten)
}

function flatten([name, value]: Field): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : value == null ? [] : [value]
  return values.flatMap(each => [name, String(each)])
}
