import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { type HttpResponse, headerOf } from '../ports/transport.ts'
import { type ReadContext, readErrorResponse } from './error-response.ts'
import { type Members, parseJsonObject } from './json-object.ts'
import { type Lifetime, parseLifetime } from './lifetime.ts'
import { serverTime } from './retry-after.ts'
import { parseScope } from './scope.ts'
import { type ExtraValue, NO_EXTRA, type TokenSet } from './token-set.ts'

export type TokenResponseResult =
  | { readonly ok: true; readonly tokens: TokenSet }
  | { readonly ok: false; readonly failure: Failure }

/** Life that is assumed when the answer tells none, in milliseconds. */
export const LIFETIME_UNKNOWN_MS = 300_000

const TOKEN_CHARS_MAX = 16_384
const EXTRA_MEMBERS_MAX = 32
const EXTRA_CHARS_MAX = 8_192
/** Visible ASCII: RFC 6749's VSCHAR without the space, which no header field value can carry inside a token. */
const TOKEN_TEXT = /^[\x21-\x7E]+$/
const DEFINED_MEMBERS: ReadonlySet<string> = new Set([
  'access_token',
  'token_type',
  'expires_in',
  'refresh_token',
  'scope',
])

/**
 * Reads the answer of a token endpoint: a token set (RFC 6749 §5.1) or a typed failure (§5.2). Whatever the
 * bytes are, the result is one of the two; a success always brings a token that a header field can carry.
 */
export function readTokenResponse(response: HttpResponse, context: ReadContext): TokenResponseResult {
  const { profile } = context
  const success =
    response.status === 200 || (profile.tolerant && response.status > 200 && response.status < 300)
  if (response.body.length > context.bodyBytesMax) return refuse(fail('response_too_large'))
  const body = parseJsonObject(response.body)
  if (!body.ok) {
    return refuse(success ? body.failure : readErrorResponse(response, undefined, context))
  }
  const members = profile.translate?.(body.members) ?? body.members
  const isError = (members.get('error') ?? undefined) !== undefined || profile.isError?.(members) === true
  if (!success || isError) return refuse(readErrorResponse(response, members, context))
  if (!profile.tolerant && !isJson(headerOf(response.headers, 'content-type'))) {
    return refuse(fail('response_not_json'))
  }
  return readTokens(members, body.members, response, context)
}

function readTokens(
  members: Members,
  asSent: Members,
  response: HttpResponse,
  context: ReadContext,
): TokenResponseResult {
  const { profile } = context
  const accessToken = members.get('access_token')
  if (accessToken === undefined || accessToken === null) return refuse(fail('response_without_token'))
  if (typeof accessToken !== 'string') return refuse(wrongType('access_token'))
  if (!isTokenText(accessToken)) return refuse(fail('token_malformed'))

  const { tokenType = 'Bearer' } = context
  const type = members.get('token_type') ?? profile.tokenTypeAbsent
  if (typeof type !== 'string') return refuse(wrongType('token_type'))
  const given = type.toLowerCase()
  if (given !== tokenType.toLowerCase()) {
    return refuse(fail(given === 'bearer' ? 'token_not_bound' : 'token_type_unknown'))
  }

  const refreshToken = readRefreshToken(members.get('refresh_token'), context)
  if (typeof refreshToken === 'object') return refuse(refreshToken)

  const scope = parseScope(members.get('scope'), profile.tolerant)
  if (scope === 'wrong_type') return refuse(wrongType('scope'))

  const lifetime = parseLifetime(members.get('expires_in'), profile.lifetime, context.lifetimeMsMax)
  if (lifetime === 'wrong_type') return refuse(wrongType('expires_in'))
  if (lifetime === 'not_positive') return refuse(fail('lifetime_not_positive'))

  const hint = profile.expiryHint?.(accessToken, asSent)
  const lifeMs = lifeOf(lifetime, hint, response, context)
  return {
    ok: true,
    tokens: {
      accessToken,
      tokenType,
      sentAt: context.sentAt,
      expiresAt: context.sentAt + lifeMs,
      lifetime: lifetime.kind === 'unknown' && lifeMs !== LIFETIME_UNKNOWN_MS ? 'finite' : lifetime.kind,
      scope: scope ?? context.scopeRequested,
      refreshToken,
      extra: readExtra(members, profile.membersIgnored),
    },
  }
}

/** `""` and `null` mean "none" (some servers say it so); anything else must be a token. */
function readRefreshToken(value: unknown, context: ReadContext): string | undefined | Failure {
  if (context.profile.refreshToken === 'ignore') return undefined
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') return wrongType('refresh_token')
  return isTokenText(value) ? value : fail('token_malformed')
}

/**
 * The life from the moment of sending. A hint at the expiry is compared with the server's own
 * `Date`, so that no local clock is involved; it shortens what `expires_in` says, and stands in for it when it
 * is missing. A hint that says "already expired" contradicts the answer and is not believed.
 */
function lifeOf(
  lifetime: Lifetime,
  hint: number | undefined,
  response: HttpResponse,
  context: ReadContext,
): number {
  const now = serverTime(response.headers) ?? (lifetime.kind === 'unknown' ? context.receivedAt : undefined)
  const hintedMs = hint === undefined || now === undefined ? undefined : hint - now
  const believable = hintedMs !== undefined && hintedMs > 0
  if (lifetime.kind === 'finite') return believable ? Math.min(lifetime.ms, hintedMs) : lifetime.ms
  if (lifetime.kind === 'never') return believable ? hintedMs : Number.POSITIVE_INFINITY
  return believable ? Math.min(hintedMs, context.lifetimeMsMax) : LIFETIME_UNKNOWN_MS
}

/** Unknown members with plain values, in order, until a bound of number or size is reached. */
function readExtra(members: Members, ignored: readonly string[]): Readonly<Record<string, ExtraValue>> {
  const extra: Record<string, ExtraValue> = Object.create(null)
  let count = 0
  let chars = 0
  for (const [name, value] of members) {
    if (DEFINED_MEMBERS.has(name) || ignored.includes(name)) continue
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    chars += name.length + String(value).length
    if (++count > EXTRA_MEMBERS_MAX || chars > EXTRA_CHARS_MAX) break
    extra[name] = value
  }
  return count === 0 ? NO_EXTRA : extra
}

/** Whether `text` can be an access token or a refresh token: 1 to 16,384 visible ASCII characters. */
export function isTokenText(text: string): boolean {
  return text.length <= TOKEN_CHARS_MAX && TOKEN_TEXT.test(text)
}

/** `application/json` and its relatives `application/…+json`. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? '')
}

function wrongType(member: string): Failure {
  const failure = fail('response_wrong_type')
  return { ...failure, message: `${failure.message} The member is ${member}.` }
}

function refuse(failure: Failure): TokenResponseResult {
  return { ok: false, failure }
}
