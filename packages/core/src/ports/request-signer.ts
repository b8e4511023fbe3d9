import type { HeaderList } from './transport.ts'

/** A request that is about to be signed: as it will be sent, but for what signing adds. */
export interface SignableRequest {
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: HeaderList
}

/**
 * Authorizes calls without a token: by a signature, by a key. Called anew for every attempt, so that no signature is
 * ever sent twice.
 */
export interface RequestSigner {
  /** The header fields to add; they take the place of those that are there. May reject with kind `configure`. */
  sign(request: SignableRequest): Promise<HeaderList>
}
