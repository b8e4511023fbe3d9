import { fail } from './fail.ts'
import type { Failure } from './failure.ts'
import type { FailureCode } from './failure-codes.ts'

/** The server's certificate was not accepted. Found out before anything is sent. */
const UNTRUSTED =
  /^(CERT_|CRL_|ERROR_IN_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)|^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/
/** TLS failed in some other way; since TLS 1.3 that may also be after the request was written. */
const TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/
/** The code of a transport that pins public keys. */
const NOT_PINNED = 'ERR_KEY_NOT_PINNED'
const TIMED_OUT = /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/
/** A proxy that does not make a tunnel: it wants other credentials, or none of this host. */
const PROXY_REFUSED = 'PROXY_407'
const PROXY_FORBIDS = 'PROXY_403'
/** No header can carry a value of the request. */
const UNSENDABLE = 'UND_ERR_INVALID_ARG'
const ERROR_CODE = /^[A-Z][A-Z0-9_]{1,63}$/

/**
 * A failure of the network, by the code that the platform gives its cause (`ECONNREFUSED`). An unknown code, or
 * none, is a connection that broke. `host`: who was asked, as in `URL.host`; empty where it is not to be named.
 */
export function networkFailure(code: string, host = ''): Failure {
  return withParticulars(fail(failureCodeOf(code)), code, host)
}

/** The failure of a request for which the time was over. `host`: who was asked, as in `URL.host`. */
export function requestTimedOut(host: string): Failure {
  return withParticulars(fail('request_timed_out'), host)
}

function withParticulars(failure: Failure, ...particulars: readonly string[]): Failure {
  const told = particulars.filter(each => each !== '').join(', ')
  return told === '' ? failure : { ...failure, message: `${failure.message} (${told})` }
}

function failureCodeOf(code: string): FailureCode {
  if (code === NOT_PINNED) return 'key_not_pinned'
  if (UNTRUSTED.test(code) || TLS.test(code)) return 'tls_failed'
  if (code === PROXY_REFUSED || code === PROXY_FORBIDS) return 'proxy_refused'
  if (code === UNSENDABLE) return 'invalid_option'
  return TIMED_OUT.test(code) ? 'request_timed_out' : 'transport_failed'
}

/** Whether a code proves that nothing was sent, because the server's certificate was refused. */
export function isUntrusted(code: string): boolean {
  return UNTRUSTED.test(code)
}

/** What comes before a connection stands, and never after. */
const UNCONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_CONN)$|^PROXY_/
/** What the system does while nothing can have been sent yet. A connection that stands may end for the same reasons. */
const CONNECTING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo'])

/**
 * Whether an error proves that there was no connection yet, so that nothing was sent over it: by its code, or by what the
 * system was doing, as its `syscall` tells. Where several addresses were tried, each of them has to prove it.
 */
export function isUnconnected(error: unknown): boolean {
  const { code, syscall, errors } = deepestCause(error)
  if (errors.length > 0) return errors.every(isUnconnected)
  return UNCONNECTED.test(code) || CONNECTING.has(syscall)
}

/**
 * The platform's code of an error, as deep in its chain of causes as there is one; empty when there is none. `PROXY_407`:
 * what a proxy has answered instead of making a tunnel. Nothing else of the error is used: its text may quote a URL or a
 * body.
 */
export function causeCode(error: unknown): string {
  const { code, errors } = deepestCause(error)
  const codes = errors.map(causeCode)
  // Of the addresses of one name: that one was given too little time says the least.
  return codes.find(each => each !== '' && !TIMED_OUT.test(each)) ?? codes[0] ?? code
}

interface Cause {
  readonly code: string
  readonly syscall: unknown
  /** Of the addresses that were tried, where there were several. */
  readonly errors: readonly unknown[]
}

function deepestCause(error: unknown): Cause {
  let found: Cause = { code: '', syscall: undefined, errors: [] }
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { code, syscall, cause, errors, message } = at as Readonly<Record<string, unknown>>
    const several = Array.isArray(errors) ? errors.slice(0, ADDRESSES_MAX) : []
    if (several.length > 0) return { code: String(code ?? ''), syscall, errors: several }
    if (typeof code === 'string' && ERROR_CODE.test(code))
      found = { code: answerOfProxy(code, message) ?? code, syscall, errors: [] }
    at = cause
  }
  return found
}

/** Addresses of one name that are looked at. */
const ADDRESSES_MAX = 20

/** undici says what a proxy has answered in the text of its error only. */
function answerOfProxy(code: string, message: unknown): string | undefined {
  const status =
    code === 'UND_ERR_ABORTED' ? /^Proxy response \((\d{3})\) !== 200 /.exec(String(message))?.[1] : undefined
  return status && `PROXY_${status}`
}
