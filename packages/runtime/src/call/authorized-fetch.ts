import type { CallListener, Clock } from '@evergrant/core'
import {
  type CallGuard,
  type CallLimits,
  callLimits,
  originTest,
  type RequestSigner,
  type ResourceServer,
  type ScopeCheck,
} from '@evergrant/core/calls'
import { systemChance } from '../chance.ts'
import { sharedClock } from '../system-clock.ts'
import { apiRequest, type CallInit, placeReader } from './api-request.ts'
import { type BearerSource, bearerWay } from './bearer-way.ts'
import { type CallSetting, FetchCall } from './fetch-call.ts'

/** What authorizes calls: a source of tokens, or a signer. */
export type CallAuthorization = BearerSource | RequestSigner

export interface AuthorizedFetchOptions extends ScopeCheck {
  /** The fetch to use; the global one by default. */
  readonly fetch?: typeof fetch
  /** Numbers that differ from the defaults; `invalid_option` is thrown for those out of their range. */
  readonly limits?: Partial<CallLimits>
  /** Make calls again that may have been carried out already, whatever their method. `false` by default. */
  readonly retryUnsafe?: boolean
  /** Stands before every call: rate limits and circuits. None by default. */
  readonly guard?: CallGuard
  /** Hears of everything that happens to calls. */
  readonly onEvent?: CallListener
  /** The system's clocks by default. */
  readonly clock?: Clock
  /** Numbers of [0, 1), for jitter. `Math.random` by default. */
  readonly random?: () => number
}

/** `fetch`, authorized. */
export type AuthorizedFetch = (input: string | URL | Request, init?: CallInit) => Promise<Response>

/**
 * A `fetch` that authorizes every call: puts a valid token where the server wants it, for the server's origins over
 * https only; replaces a token that is rejected and makes the call again, once; repeats what was turned away, failed, or
 * lost its connection before there was an answer, within bounds and where that does no harm. Everything else is
 * `fetch`'s own: headers, signals, streams.
 *
 * Rejects with an `EvergrantError` (of the server's own class where it has one) when the server's failure looks like
 * a success, when there is no token, or when the URL may not be shown one; and as `fetch` does for the network.
 */
export function authorizedFetch(
  authorization: CallAuthorization,
  server: ResourceServer,
  options: AuthorizedFetchOptions = {},
): AuthorizedFetch {
  const isAllowed = originTest(server.origins)
  const placeOf = placeReader(isAllowed)
  const { retryUnsafe = false } = options
  const setting: CallSetting = {
    way: 'token' in authorization ? bearerWay(authorization) : { signer: authorization },
    server,
    isAllowed,
    limits: callLimits(options.limits),
    guard: options.guard,
    scopes: options,
    fetch: options.fetch,
    onEvent: options.onEvent,
    clock: options.clock ?? sharedClock(),
    random: options.random ?? systemChance,
  }
  return (input, init) => {
    try {
      return new FetchCall(setting, apiRequest(input, init, placeOf, retryUnsafe)).make()
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
