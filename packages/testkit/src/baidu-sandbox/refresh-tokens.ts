import type { SandboxApp } from './sandbox-options.ts'
import type { UserGrant } from './user-grants.ts'

/** All tokens that come of one sign-in, or of one request of an application for itself. */
export interface TokenFamily {
  readonly app: SandboxApp
  /** Of a user; `undefined` for what an application has for itself. */
  readonly grant: UserGrant | undefined
}

interface RefreshToken {
  readonly family: TokenFamily
  /** Epoch ms; `undefined` as long as it works; `-Infinity` when it was ended without being used. */
  usedAt: number | undefined
  /** What it was exchanged for; `undefined` when it was not. */
  successor: string | undefined
}

/** A refresh token that was taken. */
export interface Rotation {
  readonly family: TokenFamily
  /** The one that works from now on. */
  readonly successor: string
  /** Whether it was told before, to somebody who may not have heard it. */
  readonly again: boolean
}

/** Refresh tokens that work once, or again for a while. */
export class RefreshTokens {
  readonly #graceMs: number
  readonly #tokens = new Map<string, RefreshToken>()

  constructor(graceMs: number) {
    this.#graceMs = graceMs
  }

  add(text: string, family: TokenFamily): void {
    this.#tokens.set(text, { family, usedAt: undefined, successor: undefined })
  }

  familyOf(text: string): TokenFamily | undefined {
    return this.#tokens.get(text)?.family
  }

  /**
   * Exchanges a refresh token for its successor. One that was exchanged before yields the same successor within the
   * grace period, as long as nobody has used that one. `used` when it is over with it; `undefined` when it is unknown.
   */
  rotate(text: string, at: number, mint: (family: TokenFamily) => string): Rotation | 'used' | undefined {
    const known = this.#tokens.get(text)
    if (known === undefined) return undefined
    const { family } = known
    if (known.usedAt === undefined) {
      const successor = mint(family)
      this.add(successor, family)
      known.usedAt = at
      known.successor = successor
      return { family, successor, again: false }
    }
    const { successor } = known
    const isFresh = successor !== undefined && this.#tokens.get(successor)?.usedAt === undefined
    return isFresh && at - known.usedAt < this.#graceMs ? { family, successor, again: true } : 'used'
  }

  /** Ends a refresh token that was not used. */
  void(text: string): void {
    const known = this.#tokens.get(text)
    if (known !== undefined) known.usedAt ??= Number.NEGATIVE_INFINITY
  }

  /** Ends all refresh tokens of the families that are meant. */
  end(isMeant: (family: TokenFamily) => boolean): void {
    for (const token of this.#tokens.values()) {
      if (isMeant(token.family)) token.usedAt ??= Number.NEGATIVE_INFINITY
    }
  }
}
