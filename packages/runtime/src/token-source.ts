import type { Explanation, GrantIdentity, ProofOfPossession, TokenListener } from '@evergrant/core'
import type { ReceivedTokens } from './received-tokens.ts'
import type { Token } from './token.ts'
import type { SignedOut } from './token-revocation.ts'

/** What one call may ask for. */
export interface TokenOptions {
  /** How long the token must at least live yet, in ms. 0 by default: usable now, with the usual margin. */
  readonly minValidForMs?: number
  /**
   * Attempt a renewal even where an earlier attempt failed for a reason that somebody may have removed since: a wrong
   * secret, a permission that is missing (kinds `configure` and `declined`). Such failures are else answered from
   * memory for a while. `false` by default: it is for people who try again, not for programs that do.
   */
  readonly probe?: boolean
  /** Ends this caller's wait; the renewal it waits for goes on for the others. */
  readonly signal?: AbortSignal
  /** How long this caller waits, in ms. `callTimeoutMs` of the policy by default. */
  readonly timeoutMs?: number
}

/** Keeps one grant valid and hands out its token. */
export interface TokenSource extends AsyncDisposable {
  /** What proves with every call that the key is held that the tokens are bound to. Absent: they are bearer tokens. */
  readonly proof?: ProofOfPossession | undefined

  /**
   * A token that is valid now: the one that is held, or a new one. Never waits while a usable one is held.
   *
   * Rejects with an `EvergrantError`; what to do about it is its `kind`. Concurrent calls share one request,
   * with one another and with other processes on the same store.
   */
  token(options?: TokenOptions): Promise<Token>

  /**
   * The token that is held, if it is usable now; `undefined` otherwise. Starts nothing: use it where nothing may
   * be awaited, with `keepWarm` or with calls of `token()` elsewhere.
   */
  current(): Token | undefined

  /**
   * Tells that a resource server did not accept a token (401, or what the provider has for it). The token is not
   * handed out again, by any process that learns of it; the next call of `token()` obtains a new one. Rejecting
   * a token that has been replaced already changes nothing.
   */
  reject(token: Token | string): void

  /**
   * Every new token from now on, beginning with the one that is held; a slow consumer is told of the newest only.
   * Keeps the grant warm meanwhile. With the role `follower`, another process renews and this one follows: the
   * way to hand tokens to the rest of a service, as a configuration centre does.
   *
   * Waits through failures of renewal (listen with `on` for those). Ends when the source is closed; throws an
   * `EvergrantError` of code `aborted` when the signal is.
   */
  watch(options?: Pick<TokenOptions, 'signal'>): AsyncGenerator<Token, void, undefined>

  /** Puts a grant from elsewhere in the place of what is held. Resolves when the store has it. */
  receive(tokens: ReceivedTokens, options?: Pick<TokenOptions, 'signal' | 'timeoutMs'>): Promise<void>

  /**
   * Ends the grant: revokes its tokens at the server (RFC 7009), the refresh token first, and forgets it, here and in
   * the store. What could not be revoked is told in the result, and is forgotten all the same.
   *
   * Needs the option `revocation`, and rejects with `invalid_option` without it. Rejects with `store_unreachable` when
   * the store does not take it in time; it goes on being tried, and what can be revoked has been.
   */
  signOut(options?: Pick<TokenOptions, 'signal' | 'timeoutMs'>): Promise<SignedOut>

  /** Forgets the grant, here and in the store. Does not revoke anything at the server: see `signOut()`. */
  drop(options?: Pick<TokenOptions, 'signal' | 'timeoutMs'>): Promise<void>

  /**
   * What makes this grant different from others, and the key of its record: for tools that carry records elsewhere.
   * Holds the client id, and no secret. Rejects as `token()` does when the client id cannot be read.
   */
  identity(): Promise<GrantIdentity>

  /** What the grant is doing and why; `undefined` while it is not held ready. Holds no token and no secret. */
  explain(): Explanation | undefined

  /** Calls `listener` for everything that happens to the grant, until the returned function is called. */
  on(listener: TokenListener): () => void

  /**
   * Lets go. Waits for a token request that is under way, as long as its answer is worth: a second, or as long
   * as it takes to save a single-use refresh token. Callers who wait are told `closed`. Every further call resolves
   * with the first.
   */
  close(): Promise<void>
}
