import type { Failure } from '../failure/failure.ts'

/**
 * Where in a request the token stands. `header` without a name is `Authorization: Bearer …` (RFC 6750 §2.1), and
 * what every server should want; the others are for servers that want something else.
 */
export type TokenPlace =
  | { readonly in: 'header'; readonly name?: string }
  /** A parameter of the URL, where it ends up in logs (RFC 6750 §2.3 advises against it). */
  | { readonly in: 'query'; readonly name: string }
  /** A member of the JSON object, or a parameter of the form, that is the body. */
  | { readonly in: 'json' | 'form'; readonly name: string }

/** What a resource server has answered, as far as it has to be looked at. */
export interface ApiAnswer {
  readonly status: number
  /** The first value of a header field; `undefined` when the answer has none of that name. */
  readonly header: (name: string) => string | undefined
  /** The body, where `looksInto` asked for it and it is small enough to be an error; `undefined` otherwise. */
  readonly body: string | undefined
}

/**
 * An answer that is a failure.
 *
 * `about` says whose trouble it is, and so whether the call may be made again:
 *
 * - `token`: the token was not accepted. Another one is obtained and the call made again, once.
 * - `limit`: the call was turned away before it did anything. It is made again after a pause.
 * - `server`: it may have been carried out or not. It is made again after a pause if that does no harm.
 * - `request`: it fails however often it is made.
 */
export interface ApiFailure extends Failure {
  readonly about: 'token' | 'limit' | 'server' | 'request'
  /**
   * Whether the answer speaks for itself, by its HTTP status: the caller is given the answer. Otherwise it looks
   * like a success, and the caller is given an error.
   */
  readonly plain: boolean
}

/** Host and path of a call. */
export interface CallTarget {
  readonly hostname: string
  /** Begins with a slash; without query. */
  readonly pathname: string
}

/** A resource server as data: where tokens may go, where they stand, and how it says no. */
export interface ResourceServer {
  readonly name: string
  /**
   * Origins that may be shown a token: `https://api.example`, or `https://*.api.example` for all hosts below it.
   * Anything else is never shown one.
   */
  readonly origins: readonly string[]
  /** Where the token stands in a call whose body is of this type. Absent: in the Authorization header. */
  readonly place?: (target: CallTarget, contentType: string) => TokenPlace
  /**
   * Where else the server looks for a credential: a call that has one there is refused, for it would carry two.
   * Absent: nowhere but in `place` and in the Authorization header.
   */
  readonly credentialPlaces?: (target: CallTarget, contentType: string) => readonly TokenPlace[]
  /** Whether the body of such an answer may tell of a failure. Absent: it never does. */
  readonly looksInto?: (status: number, contentType: string, target: CallTarget) => boolean
  /** What failed; `undefined` when nothing did that this server is known for. */
  readonly judge: (answer: ApiAnswer, target: CallTarget) => ApiFailure | undefined
  /** The error to throw for a failure; absent: a plain `EvergrantError`. */
  readonly errorOf?: (failure: ApiFailure) => Error
}

/** Largest body that is looked into, in bytes: an error is small. */
export const LOOK_BYTES_MAX = 65_536
