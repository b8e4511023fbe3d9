import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'

/** The members of a JSON object: own names only, so that no name can reach a prototype. */
export type Members = ReadonlyMap<string, unknown>

export type JsonObjectResult =
  | { readonly ok: true; readonly members: Members }
  | { readonly ok: false; readonly failure: Failure }

const DEPTH_MAX = 32
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Reads a response body as one JSON object.
 *
 * Stricter than `JSON.parse`: a name that stands twice on the top level is refused instead of silently won by
 * the last one, and so is nesting beyond 32 levels. A byte order mark and surrounding white space are
 * forgiven. The failure never quotes the body: a body that does not parse may still hold a token.
 */
export function parseJsonObject(body: string): JsonObjectResult {
  const text = (body.startsWith(BYTE_ORDER_MARK) ? body.slice(1) : body).trim()
  if (text === '') return refuse(fail('response_empty'))
  if (text.startsWith('<')) return refuse(fail('response_html'))
  if (!text.startsWith('{')) return refuse(fail('response_not_json'))
  let parsed: object
  try {
    parsed = JSON.parse(text)
  } catch {
    return refuse(fail('response_not_json'))
  }
  const shape = topLevel(text)
  if (shape === 'too_deep') return refuse(fail('response_not_json'))
  if (shape === 'duplicate') return refuse(fail('response_duplicate_member'))
  return { ok: true, members: new Map(Object.entries(parsed)) }
}

function refuse(failure: Failure): JsonObjectResult {
  return { ok: false, failure }
}

/** One linear pass over text that is known to be valid JSON: repeated top-level names, and depth. */
function topLevel(text: string): 'sound' | 'duplicate' | 'too_deep' {
  const names = new Set<string>()
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '{' || character === '[') {
      if (++depth > DEPTH_MAX) return 'too_deep'
    } else if (character === '}' || character === ']') {
      depth--
    } else if (character === '"') {
      const end = endOfString(text, i)
      if (depth === 1 && isName(text, end)) {
        const name: string = JSON.parse(text.slice(i, end))
        if (names.has(name)) return 'duplicate'
        names.add(name)
      }
      i = end - 1
    }
  }
  return 'sound'
}

/** The index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}

function isName(text: string, from: number): boolean {
  let i = from
  while (text[i] === ' ' || text[i] === '\t' || text[i] === '\n' || text[i] === '\r') i++
  return text[i] === ':'
}
