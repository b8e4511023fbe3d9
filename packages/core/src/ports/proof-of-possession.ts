import type { ApiAnswer } from '../call/resource-server.ts'

/** A request, as far as a proof is about it. */
export interface ProvableRequest {
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** The token that the request presents; absent from token requests. */
  readonly accessToken?: string
}

/**
 * Binds tokens to a key that this client holds, and proves with every request that it holds it (RFC 9449), so that a
 * token which leaks is of no use to anybody else.
 *
 * Proving the same request twice with one proof is a security bug: whoever has seen it could repeat it. A proof that
 * is refused costs one more request.
 */
export interface ProofOfPossession {
  /**
   * The RFC 7638 thumbprint of the key; always the same one. It is part of the identity of every grant, so that no
   * process is ever given a token that is bound to another's key. May reject with kind `configure`.
   */
  thumbprint(): Promise<string>
  /** The value of the `DPoP` header field: a new proof for every attempt. May reject with kind `configure`. */
  prove(request: ProvableRequest): Promise<string>
  /**
   * Hears of every answer to a proven request, before anything else is done about it, and remembers the nonce that
   * it brings. Returns whether the answer only asks for the same request with a proof that has this nonce (§8, §9).
   */
  heed(url: string, answer: ApiAnswer): boolean
}
