import type { TokenType } from '../message/token-set.ts'
import type { Abort } from './abort.ts'
import type { ProofOfPossession } from './proof-of-possession.ts'

/** A token, as far as those who make calls need one. */
export interface SuppliedToken {
  readonly accessToken: string
  /** Absent: `Bearer`. */
  readonly tokenType?: TokenType
}

/** A source of tokens, as far as those who make calls need one: every `TokenSource` of the runtime is one. */
export interface TokenSupply {
  /** Proves, with every call, the possession of the key that the tokens are bound to. Absent: they are bearer tokens. */
  readonly proof?: ProofOfPossession | undefined
  /** The token that is held, if it is usable now. */
  current(): SuppliedToken | undefined
  /** A token that is valid now; renews one that is due. */
  token(options?: { readonly signal?: Abort }): Promise<SuppliedToken>
  /** A resource server did not accept it. */
  reject(token: string): void
}
