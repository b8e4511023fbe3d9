import { type Clock, EvergrantError, fail } from '@evergrant/core'
import {
  type CallGuard,
  type CallLimits,
  callLimits,
  originTest,
  type ResourceServer,
  type ScopeCheck,
} from '@evergrant/core/calls'
import { Agent, type Dispatcher } from 'undici'
import { AuthorizedCall, type CallSetting } from './authorized-call.ts'
import type { CallAuthorization } from './call-authorization.ts'
import { joined } from './dispatch-request.ts'

export interface AuthorizeOptions extends ScopeCheck {
  /** Numbers that differ from the defaults. */
  readonly limits?: Partial<CallLimits>
  /** Make calls again that may have been carried out already, whatever their method. `false` by default. */
  readonly retryUnsafe?: boolean
  /** Stands before every call: rate limits and circuits. None by default. */
  readonly guard?: CallGuard
  /** For the pauses between attempts. The system's timers by default. */
  readonly clock?: Clock
  /** Numbers of [0, 1), for jitter. `Math.random` by default. */
  readonly random?: () => number
}

/**
 * An interceptor that authorizes every request to the server's origins, for `dispatcher.compose(...)`: with tokens, or by
 * a signer. A rejected token is replaced and the request sent again, once; a signature is made anew for every attempt;
 * what was turned away or failed is repeated within bounds and where that does no harm. Streams, backpressure, signals
 * and header fields stay the caller's.
 *
 * Requests to other origins fail with `origin_not_allowed`. Put `interceptors.redirect()` after this one in the list,
 * so that it stands outside: every hop then comes through here, and none carries the token elsewhere.
 */
export function authorize(
  authorization: CallAuthorization,
  server: ResourceServer,
  options: AuthorizeOptions = {},
): Dispatcher.DispatcherComposeInterceptor {
  const setting: CallSetting = {
    authorization,
    server,
    limits: callLimits(options.limits),
    retryUnsafe: options.retryUnsafe ?? false,
    guard: options.guard,
    scopes: options,
    clock: options.clock,
    random: options.random ?? Math.random,
  }
  const isAllowed = originMemory(server.origins)
  return dispatch => (request, handler) => {
    const call = new AuthorizedCall(setting, dispatch, joined(request), handler)
    if (!isAllowed(request.origin)) call.fail(notAllowed(request.origin))
    else call.start()
    return true
  }
}

export interface AuthorizedDispatcherOptions extends AuthorizeOptions {
  /** What sends the requests. A new agent by default, with TLS 1.2 or later, and without a proxy. */
  readonly dispatcher?: Dispatcher
}

/** Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot say otherwise. */
const VERIFIED = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const

/** A dispatcher whose requests are authorized: for `request(url, { dispatcher })`, `fetch` and all the others. */
export function authorizedDispatcher(
  authorization: CallAuthorization,
  server: ResourceServer,
  options: AuthorizedDispatcherOptions = {},
): Dispatcher {
  const { dispatcher = new Agent({ connect: VERIFIED }), ...rest } = options
  return dispatcher.compose(authorize(authorization, server, rest))
}

const ORIGINS_MAX = 100

/** The test of origins, with a memory: a program calls few of them, often. */
function originMemory(patterns: readonly string[]): (origin: string | URL | undefined) => boolean {
  const test = originTest(patterns)
  const known = new Map<string, boolean>()
  return origin => {
    const text = String(origin)
    const found = known.get(text)
    if (found !== undefined) return found
    const allowed = URL.canParse(text) && test(new URL(text))
    if (known.size >= ORIGINS_MAX) known.clear()
    known.set(text, allowed)
    return allowed
  }
}

function notAllowed(origin: string | URL | undefined): EvergrantError {
  const message = `${String(origin)} may not be shown a token; correct the URL, or add it to the origins of the resource server.`
  return new EvergrantError(fail('origin_not_allowed', { message }))
}
