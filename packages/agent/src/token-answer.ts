import { EvergrantError, type FailureKind } from '@evergrant/core'
import type { AgentToken } from './agent-source.ts'

/** An answer of the agent, before it is written. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON when it is no text. Absent: nothing. */
  readonly body?: unknown
}

/** A token as a token endpoint answers it (RFC 6749 §5.1), without what only its owner needs. */
export function tokenAnswer(token: AgentToken, now: number): Answer {
  const { accessToken, tokenType, expiresAt, lifetime, scope, fingerprint } = token
  const endless = !Number.isFinite(expiresAt)
  return {
    status: 200,
    body: {
      access_token: accessToken,
      token_type: tokenType,
      ...(!endless && {
        expires_in: Math.max(0, Math.floor((expiresAt - now) / 1_000)),
        expires_at: new Date(expiresAt).toISOString(),
      }),
      lifetime,
      ...(scope !== undefined && { scope: scope.join(' ') }),
      fingerprint,
    },
  }
}

/** Statuses that a client's own retries make the right thing of: 503 alone is worth another try. */
const STATUS: Readonly<Record<FailureKind, number>> = {
  retry: 503,
  cancelled: 503,
  configure: 500,
  reauthorize: 500,
  declined: 500,
  distrust: 502,
}

/** Why there is no token: whose problem it is, and what to do. Nothing for an error that is not one of Evergrant's. */
export function failureAnswer(error: unknown): Answer | undefined {
  if (!EvergrantError.is(error)) return undefined
  const { kind, code, message, retryAfterMs, description, advice } = error
  const retryAfterS =
    retryAfterMs !== undefined && Number.isFinite(retryAfterMs) ? Math.ceil(retryAfterMs / 1_000) : undefined
  return {
    status: STATUS[kind],
    ...(retryAfterS !== undefined &&
      STATUS[kind] === 503 && { headers: { 'retry-after': String(retryAfterS) } }),
    body: {
      error: code,
      error_description: message,
      kind,
      ...(retryAfterS !== undefined && { retry_after: retryAfterS }),
      ...(description !== undefined && { server_said: description }),
      ...(advice !== undefined && { advice }),
    },
  }
}
