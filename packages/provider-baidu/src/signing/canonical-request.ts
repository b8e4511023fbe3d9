import type { HeaderList } from '@evergrant/core'
import type { SignableRequest } from '@evergrant/core/calls'
import { encodeText, recoded } from './canonical-encoding.ts'

/** The path of a URL in BCE's canonical form: every segment percent-encoded once. */
export function canonicalUri(path: string): string {
  const segments = path.split('/').map(recoded).join('/')
  return segments.startsWith('/') ? segments : `/${segments}`
}

/**
 * The query of a URL, without its question mark, in BCE's canonical form: `name=value` percent-encoded once, sorted as
 * text; a missing value is an empty one; a parameter `authorization` is left out. A `+` is a space, as forms and
 * `URLSearchParams` write it; a plus sign is written `%2B`.
 */
export function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter(parameter => parameter !== '')
    .map(parameter => {
      const [name = '', ...value] = parameter.replaceAll('+', '%20').split('=')
      return [recoded(name), recoded(value.join('='))] as const
    })
    .filter(([name]) => name.toLowerCase() !== 'authorization')
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&')
}

/** Header fields that are signed where a request has them, besides all that begin with `x-bce-`. */
const SIGNED = new Set(['host', 'content-length', 'content-type', 'content-md5'])

/** Header fields in BCE's canonical form, and the names of those that take part. */
export interface CanonicalHeaders {
  /** A line `name:value` for each, sorted, percent-encoded. */
  readonly text: string
  /** In the order of the lines, in lower case. */
  readonly names: readonly string[]
}

/** The header fields of a request that take part in its signature; empty ones do not. */
export function canonicalHeaders(headers: HeaderList): CanonicalHeaders {
  const lines = headers
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .filter(([name, value]) => value !== '' && (SIGNED.has(name) || name.startsWith('x-bce-')))
    .map(([name, value]) => ({ name, line: `${encodeText(name)}:${encodeText(value)}` }))
    .sort((a, b) => (a.line < b.line ? -1 : 1))
  return { text: lines.map(({ line }) => line).join('\n'), names: lines.map(({ name }) => name) }
}

/** A request in BCE's canonical form: what is signed. */
export function canonicalRequest(request: SignableRequest, headers: CanonicalHeaders): string {
  const { path, query } = partsOf(request.url)
  return [request.method.toUpperCase(), canonicalUri(path), canonicalQuery(query), headers.text].join('\n')
}

/** Path and query of an absolute URL as they are written; parsing would undo nothing, and decode nothing. */
function partsOf(url: string): { path: string; query: string } {
  const { pathname, search } = new URL(url)
  return { path: pathname, query: search.slice(1) }
}
