const SCOPES_MAX = 1_000
const SCOPE_CHARS_MAX = 1_024
/** A scope token: printable ASCII without space, quote and backslash (RFC 6749 §3.3). */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** The scopes of a request in canonical order: sorted by code unit, each once. */
export function canonicalScopes(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes)].sort()
}

/** Whether `scope` is a scope token: 1 to 1,024 printable ASCII characters without space, quote and backslash (RFC 6749 §3.3). */
export function isScopeToken(scope: unknown): boolean {
  return typeof scope === 'string' && scope.length <= SCOPE_CHARS_MAX && SCOPE_TOKEN.test(scope)
}

/**
 * The `scope` member of a token response. RFC says a string of tokens separated by spaces; in tolerant mode a
 * list of strings and commas are understood too, because providers send them. Tokens that no request could
 * name are left out. Absent or `null`: `undefined`, which means "as requested" (RFC 6749 §5.1).
 * A member of any other type: `'wrong_type'`.
 */
export function parseScope(value: unknown, tolerant: boolean): readonly string[] | undefined | 'wrong_type' {
  if (value === undefined || value === null) return undefined
  let tokens: readonly string[]
  if (typeof value === 'string') {
    tokens = value.split(tolerant ? /[ ,\t\r\n]+/ : ' ')
  } else if (tolerant && Array.isArray(value) && value.every(item => typeof item === 'string')) {
    tokens = value
  } else {
    return 'wrong_type'
  }
  return [...new Set(tokens.filter(isScopeToken))].slice(0, SCOPES_MAX)
}
