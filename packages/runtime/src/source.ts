import {
  type Clock,
  EvergrantError,
  type Explanation,
  fail,
  fingerprintOf,
  type GrantIdentity,
  type ProofOfPossession,
  type TokenListener,
  tokenTypeOf,
} from '@evergrant/core'
import type { GrantOptions } from './grant-options.ts'
import { invalidOption } from './invalid-option.ts'
import { type ReceivedTokens, tokenSetOf } from './received-tokens.ts'
import type { Seat } from './seat.ts'
import type { Session } from './session.ts'
import { foundInTime } from './session-wait.ts'
import { Token } from './token.ts'
import type { Exchange } from './token-exchange.ts'
import type { SignedOut } from './token-revocation.ts'
import type { TokenOptions, TokenSource } from './token-source.ts'
import { watchTokens } from './token-watch.ts'

/** Where a source finds its session: at once when the client id is at hand, else when it has been read. */
export interface SessionHome {
  readonly clock: Clock
  find(options: GrantOptions, exchange: Exchange | undefined): Session | Promise<Session>
  close(): Promise<void>
}

/** Between two tries to open a session that is kept warm, in ms: its client id may come from what starts later. */
const WARM_UP_AGAIN_MS = 10_000

/** There may be very many of them, most of which rest: what can be looked up or made later is not kept. */
export class Source implements TokenSource {
  readonly #home: SessionHome
  /** Whether nobody else has part in the home, which then goes with this source. */
  readonly #ownsHome: boolean
  readonly #options: GrantOptions
  readonly #callTimeoutMs: number
  readonly #exchange: Exchange | undefined
  #seat: Seat<Session> | undefined
  /** The fingerprint of what was rejected last, for a session that reads its record after the one that was told has gone. */
  #rejected: string | undefined
  #listeners: Map<TokenListener, (() => void) | undefined> | undefined
  #closing: Promise<void> | undefined
  /** Ends the waits for a session that is being found. Made when first needed. */
  #waits: Set<() => void> | undefined
  #cancelWarmUp: (() => void) | undefined

  constructor(home: SessionHome, options: GrantOptions, callTimeoutMs: number, ownsHome: boolean) {
    this.#home = home
    this.#ownsHome = ownsHome
    this.#options = options
    this.#callTimeoutMs = callTimeoutMs
    const { grant } = options
    this.#exchange = grant?.type === 'token_exchange' ? grant.open() : undefined
  }

  get proof(): ProofOfPossession | undefined {
    return this.#options.client.proof
  }

  token(options?: TokenOptions): Promise<Token> {
    const hot = this.#seat?.session?.hot
    if (hot !== undefined && options === undefined && this.#home.clock.now() < hot.quietUntil)
      return hot.promise
    return options === undefined ? this.#obtainTogether() : this.#obtain(options)
  }

  /** A crowd that comes at once is one caller to the machine. */
  #obtainTogether(): Promise<Token> {
    const until = this.#until({})
    const together = this.#seat?.session?.together
    if (together?.until === until) return together.promise
    const promise = this.#obtain()
    const session = this.#seat?.session
    if (session !== undefined) session.together = { until, promise }
    return promise
  }

  current(): Token | undefined {
    const hot = this.#seat?.session?.hot
    return hot !== undefined && this.#home.clock.now() < hot.lapsesAt ? hot.token : undefined
  }

  async #obtain(options: TokenOptions = {}): Promise<Token> {
    const { minValidForMs = 0, probe = false, signal } = options
    requireSpan('minValidForMs', minValidForMs)
    const until = this.#until(options)
    const session = await this.#open(signal, options.timeoutMs)
    const { hot } = session
    const now = session.now
    if (hot !== undefined && now < hot.quietUntil && now + minValidForMs <= hot.token.expiresAt) {
      session.together = undefined
      return hot.token
    }
    const served = await session.command({ type: 'token.requested', minValidForMs, until, probe }, signal)
    if (served === undefined) throw new EvergrantError(fail('closed'))
    const { hot: newer } = session
    return newer?.token.fingerprint === served.fingerprint ? newer.token : new Token(served)
  }

  reject(token: Token | string): void {
    if (this.#closing !== undefined) return
    this.#rejected = typeof token === 'string' ? fingerprintOf(token) : token.fingerprint
    const session = this.#seat?.session
    if (session !== undefined) return this.#tellOfRejected(session)
    // Its session is not open yet, or was let go of while the token was in use. The one that is opened is told.
    new Promise<Session>(resolve => resolve(this.#open())).catch(() => undefined)
  }

  #tellOfRejected(session: Session): void {
    if (this.#rejected !== undefined)
      session.dispatch({ type: 'token.rejected', fingerprint: this.#rejected })
  }

  watch({ signal }: Pick<TokenOptions, 'signal'> = {}): AsyncGenerator<Token, void, undefined> {
    return watchTokens(() => this.#open(signal, Number.POSITIVE_INFINITY), signal)
  }

  async receive(tokens: ReceivedTokens, options: TokenOptions = {}): Promise<void> {
    const until = this.#until(options)
    const session = await this.#open(options.signal, options.timeoutMs)
    const set = tokenSetOf(tokens, session.now, tokenTypeOf(session.policy.identity))
    const command = { type: 'grant.received', tokens: set, until } as const
    await session.command(command, options.signal)
  }

  async drop(options: TokenOptions = {}): Promise<void> {
    const until = this.#until(options)
    const session = await this.#open(options.signal, options.timeoutMs)
    await session.command({ type: 'grant.dropped', until }, options.signal)
  }

  async signOut({ signal, timeoutMs = this.#callTimeoutMs }: TokenOptions = {}): Promise<SignedOut> {
    requireSpan('timeoutMs', timeoutMs)
    const session = await this.#open(signal, timeoutMs)
    const { revoker } = session
    if (revoker === undefined) throw invalidOption('revocation is missing, without which nobody can sign out')
    return revoker.signOut(session, { signal, timeoutMs })
  }

  async identity(): Promise<GrantIdentity> {
    return (await this.#open()).policy.identity
  }

  explain(): Explanation | undefined {
    return this.#seat?.session?.explain()
  }

  on(listener: TokenListener): () => void {
    this.#listeners ??= new Map()
    this.#listeners.set(listener, this.#seat?.session?.listen(listener))
    return () => {
      this.#listeners?.get(listener)?.()
      this.#listeners?.delete(listener)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#letGo()
    return this.#closing
  }

  async #letGo(): Promise<void> {
    for (const stop of this.#listeners?.values() ?? []) stop?.()
    this.#seat = undefined
    for (const end of this.#waits ?? []) end()
    this.#cancelWarmUp?.()
    if (this.#ownsHome) await this.#home.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Opens the session before anybody asks for a token; again and again as long as it cannot be found. */
  warmUp(): void {
    new Promise<Session>(resolve => resolve(this.#open())).catch(() => {
      if (this.#closing !== undefined) return
      this.#cancelWarmUp = this.#home.clock.wake(this.#home.clock.now() + WARM_UP_AGAIN_MS, () =>
        this.warmUp(),
      )
    })
  }

  /** The session, found anew when the runtime has let go of it meanwhile. What has to be read for that has its caller's time. */
  #open(signal?: AbortSignal, timeoutMs = this.#callTimeoutMs): Session | Promise<Session> {
    if (this.#closing !== undefined) throw new EvergrantError(fail('closed'))
    const open = this.#seat?.session
    if (open !== undefined) return open
    const found = this.#home.find(this.#options, this.#exchange)
    if (!(found instanceof Promise)) return this.#attach(found)
    this.#waits ??= new Set()
    const wait = { signal, timeoutMs, clock: this.#home.clock, open: this.#waits }
    return foundInTime(found, wait).then(session => this.#attach(session))
  }

  #attach(session: Session): Session {
    if (this.#seat === session.seat) return session
    this.#seat = session.seat
    this.#tellOfRejected(session)
    for (const listener of this.#listeners?.keys() ?? []) {
      this.#listeners?.set(listener, session.listen(listener))
    }
    return session
  }

  #until({ timeoutMs = this.#callTimeoutMs }: TokenOptions): number {
    requireSpan('timeoutMs', timeoutMs)
    return this.#home.clock.now() + timeoutMs
  }
}

function requireSpan(name: string, ms: number): void {
  if (!(ms >= 0)) throw invalidOption(`${name} is ${ms}, not a number of at least 0`)
}
