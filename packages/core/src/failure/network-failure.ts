import { fail } from './fail.ts'
import type { Failure } from './failure.ts'
import type { FailureCode } from './failure-codes.ts'

/** The server's certificate was not accepted. Found out before anything is sent. */
const UNTRUSTED = /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/
/** TLS failed in some other way; since TLS 1.3 that may also be after the request was written. */
const TLS = /^(ERR_SSL_|ERR_TLS_|EPROTO$)/
/** The code of a transport that pins public keys. */
const NOT_PINNED = 'ERR_KEY_NOT_PINNED'
const TIMED_OUT = /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/
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
  return TIMED_OUT.test(code) ? 'request_timed_out' : 'transport_failed'
}

/** Whether a code proves that nothing was sent, because the server's certificate was refused. */
export function isUntrusted(code: string): boolean {
  return UNTRUSTED.test(code)
}

/** What comes before a connection stands, and never after. */
const UNCONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/
/** What ends a connection that stands as well as one that is being made. */
const UNREACHABLE = /^(EHOSTDOWN|EHOSTUNREACH|ENETDOWN|ENETUNREACH)$/

/**
 * Whether an error proves that there was no connection yet, so that nothing was sent over it. A network that is gone
 * proves it only to whoever was connecting, as the error's `syscall` tells.
 */
export function isUnconnected(error: unknown): boolean {
  const { code, syscall } = deepestCause(error)
  return UNCONNECTED.test(code) || (UNREACHABLE.test(code) && syscall === 'connect')
}

/**
 * The platform's code of an error, as deep in its chain of causes as there is one; empty when there is none.
 * Nothing else of the error is used: its text may quote a URL or a body.
 */
export function causeCode(error: unknown): string {
  return deepestCause(error).code
}

function deepestCause(error: unknown): { readonly code: string; readonly syscall?: unknown } {
  let found: { readonly code: string; readonly syscall?: unknown } = { code: '' }
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { code, syscall, cause, errors } = at as {
      code?: unknown
      syscall?: unknown
      cause?: unknown
      errors?: unknown
    }
    if (typeof code === 'string' && ERROR_CODE.test(code)) found = { code, syscall }
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
  return found
}
