import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { type ReadContext, readErrorResponse } from '../message/error-response.ts'
import { parseJsonObject } from '../message/json-object.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { HttpResponse } from '../ports/transport.ts'
import { revocationRequest, type TokenKind } from './revocation.ts'

/** The introspection request (RFC 7662 §2.1). */
export function introspectionRequest(endpoint: string, token: string, kind: TokenKind): TokenRequest {
  return revocationRequest(endpoint, token, kind)
}

/** What a server says about a token (RFC 7662 §2.2). */
export interface Introspection {
  /** Whether the token is good right now; everything else is only told of a good one. */
  readonly active: boolean
  readonly scope: readonly string[] | undefined
  /** Epoch ms; `undefined` when the server does not say. */
  readonly expiresAt: number | undefined
  readonly clientId: string | undefined
  readonly subject: string | undefined
  readonly audience: readonly string[] | undefined
}

const INACTIVE: Introspection = {
  active: false,
  scope: undefined,
  expiresAt: undefined,
  clientId: undefined,
  subject: undefined,
  audience: undefined,
}

export type IntrospectionResult =
  | { readonly ok: true; readonly introspection: Introspection }
  | { readonly ok: false; readonly failure: Failure }

export function readIntrospection(response: HttpResponse, context: ReadContext): IntrospectionResult {
  const body = parseJsonObject(response.body)
  if (response.status !== 200) {
    return { ok: false, failure: readErrorResponse(response, body.ok ? body.members : undefined, context) }
  }
  if (!body.ok) return body
  const { members } = body
  const active = members.get('active')
  if (typeof active !== 'boolean') return { ok: false, failure: fail('response_wrong_type') }
  if (!active) return { ok: true, introspection: INACTIVE }
  const text = (name: string): string | undefined => {
    const value = members.get(name)
    return typeof value === 'string' ? value : undefined
  }
  const exp = members.get('exp')
  const aud = members.get('aud')
  return {
    ok: true,
    introspection: {
      active,
      scope: text('scope')
        ?.split(' ')
        .filter(scope => scope !== ''),
      expiresAt: typeof exp === 'number' && Number.isFinite(exp) ? exp * 1_000 : undefined,
      clientId: text('client_id'),
      subject: text('sub'),
      audience:
        typeof aud === 'string'
          ? [aud]
          : Array.isArray(aud)
            ? aud.filter(each => typeof each === 'string')
            : undefined,
    },
  }
}
