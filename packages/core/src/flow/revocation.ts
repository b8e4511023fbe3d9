import type { Failure } from '../failure/failure.ts'
import { type ReadContext, readErrorResponse } from '../message/error-response.ts'
import { parseJsonObject } from '../message/json-object.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { RevocationDialect } from '../ports/provider.ts'
import type { HttpResponse } from '../ports/transport.ts'

/** What kind of token it is, which helps a server to find it (RFC 7009 §2.1). */
export type TokenKind = 'access_token' | 'refresh_token'

/** The revocation request (RFC 7009 §2.1). Client authentication is added on the way out. */
export function revocationRequest(
  endpoint: string,
  token: string,
  kind: TokenKind,
  dialect?: RevocationDialect,
): TokenRequest {
  return {
    endpoint,
    parameters:
      dialect === undefined
        ? [
            ['token', token],
            ['token_type_hint', kind],
          ]
        : [[dialect.parameter, token]],
    headers: [['accept', 'application/json']],
    secrets: [token],
  }
}

/**
 * Why a token is not revoked; `undefined` when it is. A token that the server does not know is revoked as well
 * (RFC 7009 §2.2). Only a failure of kind `retry` is worth another attempt (§2.2.1).
 */
export function readRevocation(
  response: HttpResponse,
  context: ReadContext,
  dialect?: RevocationDialect,
): Failure | undefined {
  const success = response.status === 200 || response.status === 204
  if (success && dialect === undefined) return undefined
  const body = parseJsonObject(response.body)
  if (dialect !== undefined && body.ok && dialect.isDone(body.members)) return undefined
  // An answer of another kind to a request that was sent to be done.
  if (success && !body.ok) return body.failure
  const failure = readErrorResponse(response, body.ok ? body.members : undefined, context)
  return response.status === 503 || failure.kind !== 'retry' ? failure : { ...failure, kind: 'distrust' }
}
