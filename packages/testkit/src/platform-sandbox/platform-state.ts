import { sha256, toHex, utf8Bytes } from '@evergrant/core'
import type { PlatformFault, PlatformRequest, PlatformSandboxOptions } from './platform-options.ts'

/** A token that a platform has given. */
export interface PlatformToken {
  readonly text: string
  /** Kinds of tokens of one application that know nothing of each other. */
  readonly family: string
  /** Its own end, as it was told. */
  expiresAt: number
  /** When it is ended before its time; `Infinity` when nobody has ended it. */
  endsAt: number
}

/** What is wrong with a token in a call. */
export type TokenFlaw = 'missing' | 'invalid' | 'expired'

const REQUESTS_KEPT = 1_000

/** Everything that a platform remembers. */
export class PlatformState {
  readonly options: PlatformSandboxOptions
  readonly requests: PlatformRequest[] = []
  tokenRequests = 0
  tokensIssued = 0
  apiCalls = 0
  readonly #tokens = new Map<string, PlatformToken>()
  readonly #faults: PlatformFault[] = []
  #offsetMs = 0
  #minted = 0

  constructor(options: PlatformSandboxOptions) {
    this.options = options
  }

  get now(): number {
    return (this.options.now ?? Date.now)() + this.#offsetMs
  }

  advance(ms: number): void {
    this.#offsetMs += ms
  }

  note(path: string, outcome: string): void {
    const request = { at: this.now, path, outcome }
    this.requests.push(request)
    this.options.onRequest?.(request)
    if (this.requests.length > REQUESTS_KEPT) this.requests.shift()
  }

  /** A new token beside those of its family. */
  issue(family: string, prefix: string): PlatformToken {
    this.#minted += 1
    this.tokensIssued += 1
    const token: PlatformToken = {
      text: prefix + toHex(sha256(utf8Bytes(`platform ${this.#minted}`))),
      family,
      expiresAt: this.#endOfNew(),
      endsAt: Number.POSITIVE_INFINITY,
    }
    this.#tokens.set(token.text, token)
    return token
  }

  #endOfNew(): number {
    return this.now + (this.options.lifetimeSeconds ?? 7_200) * 1_000
  }

  /** Lets a token begin its life anew. */
  prolong(token: PlatformToken): PlatformToken {
    token.expiresAt = this.#endOfNew()
    return token
  }

  /** The token of a family that was given last and lives; `undefined` when there is none. */
  latest(family: string): PlatformToken | undefined {
    return [...this.#tokens.values()].filter(token => token.family === family && this.#lives(token)).at(-1)
  }

  /** Lets the tokens of a family end after a while, unless they end before. */
  endAll(family: string, afterMs: number): void {
    for (const token of this.#tokens.values()) {
      if (token.family === family) token.endsAt = Math.min(token.endsAt, this.now + afterMs)
    }
  }

  /** Ends all tokens at once; returns how many were alive. */
  revoke(): number {
    const alive = [...this.#tokens.values()].filter(token => this.#lives(token))
    for (const token of alive) token.endsAt = this.now
    return alive.length
  }

  #lives({ expiresAt, endsAt }: PlatformToken): boolean {
    return this.now < expiresAt && this.now < endsAt
  }

  /** What is wrong with a token of one of these families; `undefined` when nothing is. */
  flawOf(text: string, families: readonly string[]): TokenFlaw | undefined {
    if (text === '') return 'missing'
    const token = this.#tokens.get(text)
    if (token === undefined || !families.includes(token.family)) return 'invalid'
    if (this.#lives(token)) return undefined
    return token.expiresAt <= token.endsAt ? 'expired' : 'invalid'
  }

  secondsLeft({ expiresAt }: PlatformToken): number {
    return Math.max(0, Math.ceil((expiresAt - this.now) / 1_000))
  }

  // Faults

  fault(fault: PlatformFault, times: number): void {
    for (let i = 0; i < times; i++) this.#faults.push(fault)
  }

  nextFault(): PlatformFault | undefined {
    return this.#faults.shift()
  }
}
