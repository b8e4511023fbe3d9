import { type ExtraValue, REDACTED, type Served, type TokenType } from '@evergrant/core'

/** An access token with what is known about it. Printing it shows everything but the token. */
export class Token {
  readonly accessToken: string
  /** How to present it: as it is (RFC 6750), or with a proof of the key that it is bound to (RFC 9449). */
  readonly tokenType: TokenType
  /** Epoch ms at which it ends; `Infinity` if it never does. Counted from the sending of its request. */
  readonly expiresAt: number
  /** `finite`: told by the server; `unknown`: guessed, as short; `never`: documented as endless. */
  readonly lifetime: 'finite' | 'unknown' | 'never'
  /** What was granted; `undefined` when neither request nor answer named any scope. */
  readonly scope: readonly string[] | undefined
  /** Counts the tokens of this grant across all processes; never falls. */
  readonly generation: number
  /** A short name of the token that is safe to log. */
  readonly fingerprint: string
  /** Further members of the provider's answer. May be secret. */
  readonly extra: Readonly<Record<string, ExtraValue>>

  constructor({ tokens, generation, fingerprint }: Served) {
    this.accessToken = tokens.accessToken
    this.tokenType = tokens.tokenType
    this.expiresAt = tokens.expiresAt
    this.lifetime = tokens.lifetime
    this.scope = tokens.scope
    this.generation = generation
    this.fingerprint = fingerprint
    this.extra = tokens.extra
    Object.freeze(this)
  }

  /** For `JSON.stringify`: without the token itself and the provider's further members. */
  toJSON(): Record<string, unknown> {
    const extra = Object.fromEntries(Object.keys(this.extra).map(name => [name, REDACTED]))
    const { tokenType, expiresAt, lifetime, scope, generation, fingerprint } = this
    return { accessToken: REDACTED, tokenType, expiresAt, lifetime, scope, generation, fingerprint, extra }
  }

  toString(): string {
    return `Token ${this.fingerprint} (generation ${this.generation})`
  }

  static {
    // For `util.inspect`, which is Node's alone.
    const value = Token.prototype.toJSON
    Object.defineProperty(Token.prototype, Symbol.for('nodejs.util.inspect.custom'), { value })
  }
}
