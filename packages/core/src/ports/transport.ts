/**
 * HTTP as the core sees it: plain values in, plain values out. Responses reach the core raw, so that every
 * rule about malformed answers is a pure function with a pure test.
 *
 * @module
 */

/** Header fields in the order they were received or will be sent. Names compare without case. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** A request that is ready to be sent: authenticated and encoded. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Absolute URL. */
  readonly url: string
  readonly headers: HeaderList
  /** The encoded body; `undefined` sends none. */
  readonly body: string | undefined
  /**
   * Values inside this request that must never be printed: client secrets, refresh tokens. Whoever formats an
   * error about the request removes them first.
   */
  readonly secrets: readonly string[]
}

/** A response as it came, decoded from UTF-8 but not otherwise interpreted. */
export interface HttpResponse {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
}

/**
 * Whether a failed request may have reached the server.
 *
 * `not_sent` promises that no byte of the request was written, so the same refresh token may be presented
 * again. When in doubt the answer is `unknown`: a wrong `not_sent` can revoke a whole token family, a wrong
 * `unknown` costs a re-authorization at worst.
 */
export type Delivery = 'not_sent' | 'unknown'

/** Limits of one exchange. */
export interface SendLimits {
  /** Total time from the call to the last byte of the body, in milliseconds, 1 or more. */
  readonly timeoutMs: number
  /** Largest body to accept, in bytes after decompression. A larger one fails with `body_too_large`. */
  readonly bodyBytesMax: number
}

/**
 * Sends token requests. Does not retry, does not follow redirects, does not look into bodies.
 *
 * Rejects with a {@link TransportError}; anything else it throws is treated as `delivery: 'unknown'`. Sending
 * credentials over an unauthenticated connection or to another host than `request.url` names is a security
 * bug; a wrong error code is not.
 */
export interface Transport {
  send(request: HttpRequest, limits: SendLimits): Promise<HttpResponse>
  /** Lets go of connections and timers. */
  close?(): Promise<void>
}

/** The first value of a header field, or `undefined` when the response has none of that name. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [field, value] of headers) if (field.toLowerCase() === wanted) return value
  return undefined
}
