import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { isStandardError } from '../failure/failure-codes.ts'
import { type HttpResponse, headerOf } from '../ports/transport.ts'
import { redact, untrustedText } from '../redaction/redact.ts'
import type { Members } from './json-object.ts'
import type { MessageProfile } from './message-profile.ts'
import { retryAfterMs } from './retry-after.ts'
import type { TokenType } from './token-set.ts'

/** What reading a response needs to know besides the response. */
export interface ReadContext {
  readonly profile: MessageProfile
  /** When the request was sent, and when the response was read; epoch ms. */
  readonly sentAt: number
  readonly receivedAt: number
  /** Scopes that were asked for; they are the granted ones when the answer names none (RFC 6749 §5.1). */
  readonly scopeRequested: readonly string[] | undefined
  /** The type of token that was asked for; any other is refused. Absent: `Bearer`. */
  readonly tokenType?: TokenType
  /** Longest lifetime and longest Retry-After that are believed, in milliseconds. */
  readonly lifetimeMsMax: number
  readonly retryAfterMsMax: number
  readonly bodyBytesMax: number
  /** Values that must not appear in a failure's text. */
  readonly secrets: readonly string[]
}

/** An RFC 6749 `error` code: printable ASCII without quote and backslash (§5.2). */
const ERROR_CODE = /^[\x20\x21\x23-\x5B\x5D-\x7E]{1,64}$/

/**
 * Reads an error response (RFC 6749 §5.2) into a failure. The provider's own classification comes first, then
 * the standard `error` codes, then the status. An error nobody knows is taken for transient: it backs off with
 * a growing delay and is never latched as fatal.
 */
export function readErrorResponse(
  response: HttpResponse,
  members: Members | undefined,
  context: ReadContext,
): Failure {
  const secrets = [...context.secrets, ...ownSecrets(members, context.profile)]
  const error = redactedOf(textOf(members, 'error'), secrets)
  const rawDescription = textOf(members, 'error_description')
  const base =
    context.profile.classifyError?.({
      status: response.status,
      error,
      description: rawDescription,
      members: members ?? new Map(),
      header: name => headerOf(response.headers, name),
    }) ??
    ofErrorCode(error) ??
    ofStatus(response.status)
  const description = rawDescription ?? base.description
  const wait = retryAfterMs(response.headers, context.receivedAt, context.retryAfterMsMax)
  return {
    ...base,
    status: response.status,
    ...(description === undefined ? {} : { description: untrustedText(description, secrets) }),
    ...(wait === undefined ? {} : { retryAfterMs: Math.max(wait, base.retryAfterMs ?? 0) }),
  }
}

function ofErrorCode(error: string | undefined): Failure | undefined {
  if (error === undefined) return undefined
  if (isStandardError(error)) return fail(error)
  const code = ERROR_CODE.test(error) ? error : 'unknown_error'
  return {
    kind: 'retry',
    code,
    message: `The token endpoint answered with the error "${code}", which RFC 6749 does not define. It is retried with backoff; check the provider's documentation if it lasts.`,
  }
}

function ofStatus(status: number): Failure {
  if (status === 429 || status === 503) return fail('temporarily_unavailable')
  if (status >= 500 || status === 408 || status === 425) return fail('server_error')
  if (status >= 300 && status < 400) return fail('redirected')
  if (status === 401) return fail('invalid_client')
  if (status === 404 || status === 405 || status === 410) return fail('endpoint_not_found')
  // A 403 of a firewall, a 400 of a proxy: says nothing about the credentials, and may pass.
  return fail('response_status')
}

/** What an answer holds that must not be shown, should it quote itself. */
function ownSecrets(members: Members | undefined, profile: MessageProfile): readonly string[] {
  const names = ['access_token', 'refresh_token', 'id_token', ...profile.membersIgnored]
  return names.flatMap(name => textOf(members, name) ?? [])
}

function redactedOf(text: string | undefined, secrets: readonly string[]): string | undefined {
  return text === undefined ? undefined : redact(text, secrets)
}

function textOf(members: Members | undefined, name: string): string | undefined {
  const value = members?.get(name)
  return typeof value === 'string' ? value : undefined
}
