import type { Abort } from './abort.ts'

/** A token, as far as those who make calls need one. */
export interface SuppliedToken {
  readonly accessToken: string
}

/** A source of tokens, as far as those who make calls need one: every `TokenSource` of the runtime is one. */
export interface TokenSupply {
  /** The token that is held, if it is usable now. */
  current(): SuppliedToken | undefined
  /** A token that is valid now; renews one that is due. */
  token(options?: { readonly signal?: Abort }): Promise<SuppliedToken>
  /** A resource server did not accept it. */
  reject(token: string): void
}
