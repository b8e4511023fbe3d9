import type { Failure } from '../failure/failure.ts'
import { type ReadContext, readErrorResponse } from '../message/error-response.ts'
import { parseJsonObject } from '../message/json-object.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { HttpResponse } from '../ports/transport.ts'

/** What kind of token it is, which helps a server to find it (RFC 7009 §2.1). */
export type TokenKind = 'access_token' | 'refresh_token'

/** The revocation request (RFC 7009 §2.1). Client authentication is added on the way out. */
export function revocationRequest(endpoint: string, token: string, kind: TokenKind): TokenRequest {
  return {
    endpoint,
    parameters: [
      ['token', token],
      ['token_type_hint', kind],
    ],
    headers: [['accept', 'application/json']],
    secrets: [token],
  }
}

/**
 * Why a token is not revoked; `undefined` when it is. A token that the server does not know is revoked as well
 * (RFC 7009 §2.2). Only a failure of kind `retry` is worth another attempt (§2.2.1).
 */
export function readRevocation(response: HttpResponse, context: ReadContext): Failure | undefined {
  if (response.status === 200 || response.status === 204) return undefined
  const body = parseJsonObject(response.body)
  const failure = readErrorResponse(response, body.ok ? body.members : undefined, context)
  return response.status === 503 || failure.kind !== 'retry' ? failure : { ...failure, kind: 'distrust' }
}
