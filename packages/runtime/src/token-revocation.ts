import {
  type Clock,
  decodeRecord,
  EvergrantError,
  type Failure,
  fail,
  type GrantPolicy,
  type RuntimeReport,
  type Store,
  type TokenSet,
} from '@evergrant/core'
import type { TokenKind } from '@evergrant/core/flows'
import { DeadlineError, withDeadline } from './deadline.ts'
import { failureOf } from './failure-of.ts'
import type { EndpointOptions } from './flow/endpoint-client.ts'
import { revokeToken } from './flow/token-inquiry.ts'

/** What became of a grant that was ended on purpose. */
export interface SignedOut {
  /** The kinds of tokens that the server has revoked. Empty where there was nothing to revoke. */
  readonly revoked: readonly TokenKind[]
  /**
   * Why a token was not revoked, and may be good until it expires; `endpoint_missing` where the server revokes none.
   * Absent: nothing is left at the server. Here, everything is forgotten in any case.
   */
  readonly failure?: Failure
}

/** Has tokens of a grant revoked at its server: made by `tokenRevocation()`. */
export interface Revocation {
  /** Called once for each source. */
  open(options: RevokerOptions): Revoker
}

type RevokerOptions = EndpointOptions & { readonly clock: Clock }

/** A grant of this process, as far as its end is concerned. */
export interface RevocableGrant {
  readonly key: string
  readonly policy: GrantPolicy
  readonly surroundings: { readonly store: Store; readonly clock: Clock }
  readonly now: number
  /** The tokens that the store does not have yet, and those that are held here. */
  readonly tokenSets: { readonly unsaved: TokenSet | undefined; readonly held: TokenSet | undefined }
  /** Resolves when nothing is under way any more, or after `ms`. */
  atRest(ms: number): Promise<void>
  command(
    drop: { readonly type: 'grant.dropped'; readonly until: number; readonly discards: boolean },
    signal: AbortSignal | undefined,
  ): Promise<unknown>
  emit(report: RuntimeReport): void
}

/** The revocation of one source. */
export interface Revoker {
  /** Ends the grant at the server, then in the store. */
  signOut(grant: RevocableGrant, options: SignOutOptions): Promise<SignedOut>
  /** Has tokens revoked that nobody will use. */
  discard(grant: RevocableGrant, tokens: TokenSet): void
  /** Revokes at once what was to be revoked later, and waits no longer for it than two seconds. */
  close(): Promise<void>
}

interface SignOutOptions {
  readonly signal: AbortSignal | undefined
  /** For the server, and then once more for the store, in ms. */
  readonly timeoutMs: number
}

/** How long, in ms, callers may still use a token that was handed out and then given up. */
const USE_MS = 60_000
/** How long, in ms, closing waits for tokens that are given up. */
const CLOSE_MS = 2_000
/** Most token sets that wait to be revoked; further ones end by themselves. */
const WAITING_MAX = 100

/**
 * Revocation (RFC 7009) for a source: what `signOut()` needs, and what has tokens revoked that were won too late to be
 * of use. Absent: tokens that nobody uses end by themselves.
 */
export function tokenRevocation(): Revocation {
  return { open: options => new EndpointRevoker(options) }
}

class EndpointRevoker implements Revoker {
  readonly #options: RevokerOptions
  /** What is to be revoked later, and how to do it now. */
  readonly #later = new Set<() => Promise<void>>()
  /** Takes what a sign-out under way drops; `undefined` when there is none. */
  #dropped: TokenSet[] | undefined

  constructor(options: RevokerOptions) {
    this.#options = options
  }

  /**
   * The server first: whoever dies in between leaves a record whose refresh token is dead, which the next one who uses
   * it is told, rather than a refresh token that is good and that nobody knows any more. What another process has won
   * meanwhile is told by the drop, and revoked afterwards.
   */
  async signOut(grant: RevocableGrant, { signal, timeoutMs }: SignOutOptions): Promise<SignedOut> {
    // A request under way may bring the very tokens that are to be revoked.
    await grant.atRest(timeoutMs)
    const end = new Ending(token => this.#revoke(token, timeoutMs))
    for (const tokens of await this.#known(grant)) await end.add(tokens)
    const dropped: TokenSet[] = []
    this.#dropped = dropped
    try {
      await grant.command({ type: 'grant.dropped', until: grant.now + timeoutMs, discards: true }, signal)
    } finally {
      this.#dropped = undefined
    }
    for (const tokens of dropped) await end.add(tokens)
    return end.result()
  }

  /** The token sets of the grant, newest first: what is not saved yet, what the store has, what is held here. */
  async #known(grant: RevocableGrant): Promise<TokenSet[]> {
    const { unsaved, held } = grant.tokenSets
    return [unsaved, await storedTokens(grant), held].filter(each => each !== undefined)
  }

  async #revoke({ text, kind }: Revocable, timeoutMs: number): Promise<Failure | undefined> {
    try {
      await withDeadline(revokeToken(this.#options, text, kind), timeoutMs, this.#options.clock)
      return undefined
    } catch (error) {
      if (EvergrantError.is(error)) return failureOf(error)
      return fail(error instanceof DeadlineError ? 'request_timed_out' : 'transport_failed')
    }
  }

  discard(grant: RevocableGrant, tokens: TokenSet): void {
    if (this.#dropped !== undefined) {
      this.#dropped.push(tokens)
      return
    }
    if (this.#later.size >= WAITING_MAX) return grant.emit({ type: 'token.discarded', revoked: false })
    const act = async () => {
      this.#later.delete(act)
      cancel()
      const end = new Ending(token => this.#revoke(token, grant.policy.requestTimeoutMs))
      await end.add(tokens)
      grant.emit({ type: 'token.discarded', revoked: end.result().failure === undefined })
    }
    const cancel = grant.surroundings.clock.wake(grant.now + USE_MS, () => void act())
    this.#later.add(act)
  }

  async close(): Promise<void> {
    if (this.#later.size === 0) return
    const all = Promise.all([...this.#later].map(act => act()))
    await withDeadline(all, CLOSE_MS, this.#options.clock).catch(() => undefined)
  }
}

interface Revocable {
  readonly text: string
  readonly kind: TokenKind
}

/** A grant that is being ended, token by token: each is revoked once, a refresh token before its access token. */
class Ending {
  readonly #revoke: (token: Revocable) => Promise<Failure | undefined>
  readonly #tried = new Set<string>()
  readonly #revoked = new Set<TokenKind>()
  #failure: Failure | undefined

  constructor(revoke: (token: Revocable) => Promise<Failure | undefined>) {
    this.#revoke = revoke
  }

  async add({ refreshToken, accessToken }: TokenSet): Promise<void> {
    if (refreshToken !== undefined) await this.#try({ text: refreshToken, kind: 'refresh_token' })
    // Many servers end it along with the refresh token; those that do not are told, and the others take it well.
    await this.#try({ text: accessToken, kind: 'access_token' })
  }

  async #try(token: Revocable): Promise<void> {
    if (this.#tried.has(token.text) || this.#isHopeless) return
    this.#tried.add(token.text)
    const failure = await this.#revoke(token)
    if (failure === undefined) this.#revoked.add(token.kind)
    this.#failure ??= failure
  }

  /** A server that does not revoke tokens of one kind may revoke those of the other. */
  get #isHopeless(): boolean {
    return this.#failure !== undefined && this.#failure.code !== 'unsupported_token_type'
  }

  result(): SignedOut {
    const revoked = [...this.#revoked]
    return this.#failure === undefined ? { revoked } : { revoked, failure: this.#failure }
  }
}

/** The tokens that the store has of the grant; `undefined` when it has none or does not answer. */
async function storedTokens({ key, policy, surroundings }: RevocableGrant): Promise<TokenSet | undefined> {
  const { store, clock } = surroundings
  try {
    const entry = await withDeadline(store.read(key), policy.storeTimeoutMs, clock)
    const decoded = entry && decodeRecord(entry.value, policy.identity)
    return decoded?.kind === 'record' ? decoded.record.tokens : undefined
  } catch {
    return undefined
  }
}
