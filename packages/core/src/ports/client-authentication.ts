import type { HeaderList, HttpRequest } from './transport.ts'

/** A token request before the client has been authenticated and before anything has been encoded. */
export interface TokenRequest {
  /** The token endpoint's absolute URL (RFC 6749 §3.2). */
  readonly endpoint: string
  /** Request parameters in order, not encoded; each name once (RFC 6749 §3.2) but `resource` (RFC 8707 §2). */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly headers: HeaderList
  /** Parameter values that must never be printed, e.g. the refresh token. */
  readonly secrets: readonly string[]
  /** The issuer identifier of the server (RFC 8414 §2). Absent: it is not known. */
  readonly issuer?: string
}

/**
 * How the client proves who it is (RFC 6749 §2.3). Called once per attempt, never reused between attempts, so
 * that signed assertions are always fresh. Client secrets live behind this port and never enter the core.
 *
 * May reject with an error of kind `configure` when a secret cannot be read; nothing has been sent then.
 */
export interface ClientAuthentication {
  authenticate(request: TokenRequest): Promise<HttpRequest>
}
