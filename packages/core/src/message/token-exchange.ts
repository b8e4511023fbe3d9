import type { Failure } from '../failure/failure.ts'
import type { HttpResponse } from '../ports/transport.ts'
import type { GrantIdentity } from '../record/identity.ts'
import { parseJsonObject } from './json-object.ts'

/** The grant type of a token exchange request (RFC 8693 §2.1). */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const TOKEN_TYPES = 'urn:ietf:params:oauth:token-type:'

/** The identifier of a token type (RFC 8693 §3): `jwt` is short for `urn:ietf:params:oauth:token-type:jwt`. */
export function tokenTypeIdentifier(name: string): string {
  return name.includes(':') ? name : TOKEN_TYPES + name
}

/** RFC 8693 §2.2.2 says `invalid_request` of a token that is not acceptable; servers say the other two as well. */
const REFUSALS: ReadonlySet<string> = new Set(['invalid_request', 'invalid_grant', 'invalid_token'])

/** Whether an answer refuses the token that was to be exchanged, rather than the client or the request. */
export function refusesExchange(response: HttpResponse): boolean {
  if (response.status !== 400 && response.status !== 401) return false
  const body = parseJsonObject(response.body)
  const error = body.ok ? body.members.get('error') : undefined
  return typeof error === 'string' && REFUSALS.has(error)
}

/**
 * The failure of a grant's request. Where tokens are exchanged, a refusal is about the token that was presented: with
 * another one the same request may succeed.
 */
export function exchangeFailure({ grantType }: GrantIdentity, failure: Failure): Failure {
  if (grantType !== 'token_exchange' || !REFUSALS.has(failure.code)) return failure
  const message = `The server does not accept the token that is to be exchanged (${failure.code}); obtain a new one.`
  return { ...failure, kind: 'reauthorize', message }
}
