import {
  type CallListener,
  type Clock,
  EvergrantError,
  type Failure,
  fail,
  redact,
  redactError,
} from '@evergrant/core'
import {
  type ApiFailure,
  type CallGuard,
  type CallLimits,
  callLimits,
  checkScopes,
  decideCall,
  judgeCall,
  originTest,
  placeToken,
  type RequestSigner,
  type ResourceServer,
  type ScopeCheck,
  secretsIn,
  withoutQueryToken,
} from '@evergrant/core/calls'
import { systemChance } from '../chance.ts'
import { sharedClock } from '../system-clock.ts'
import type { Token } from '../token.ts'
import type { TokenSource } from '../token-source.ts'
import {
  type ApiRequest,
  apiRequest,
  authorizedHeaders,
  type CallInit,
  FORM_FIELD,
  headersFor,
  type Parts,
  placeIn,
  placeReader,
  queryParameterOf,
  requireUnauthorized,
  textBody,
} from './api-request.ts'
import { CallRecord } from './call-record.ts'
import { answerOf, discard } from './look-into.ts'
import { pause } from './pause.ts'
import { asksForProof, withProof } from './proof-of-call.ts'
import { followElsewhere, nextHop } from './redirect.ts'

/** What authorizes calls: a source of tokens, or a signer. */
export type CallAuthorization = Pick<TokenSource, 'token' | 'reject' | 'proof'> | RequestSigner

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
 * https only; replaces a token that is rejected and makes the call again, once; repeats what was turned away or
 * failed, within bounds and where that does no harm. Everything else is `fetch`'s own: headers, signals, streams.
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
  const setting: Setting = {
    authorization,
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
      return new Call(setting, apiRequest(input, init, placeOf, retryUnsafe)).make()
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

interface Setting {
  readonly authorization: CallAuthorization
  readonly server: ResourceServer
  readonly isAllowed: ReturnType<typeof originTest>
  readonly limits: CallLimits
  readonly guard: CallGuard | undefined
  readonly scopes: ScopeCheck
  readonly fetch: typeof fetch | undefined
  readonly onEvent: CallListener | undefined
  readonly clock: Clock
  readonly random: () => number
}

/** One call, from the caller's arguments to the answer, however often it has to be sent. */
class Call {
  readonly #setting: Setting
  readonly #record: CallRecord
  #request: ApiRequest
  #token: Token | undefined
  /** What the attempt carries that must not be printed. */
  #secrets: readonly string[] = []
  #hops = 0

  constructor(setting: Setting, request: ApiRequest) {
    this.#setting = setting
    this.#request = request
    this.#record = new CallRecord(setting.server.name, request, setting.onEvent, setting.clock)
  }

  async make(): Promise<Response> {
    try {
      for (;;) {
        const response = await this.#attempt()
        if (response !== undefined) {
          this.#record.ended(response.status)
          return response
        }
      }
    } catch (error) {
      this.#record.failed(error)
      throw error
    }
  }

  /** Sends the call once. `undefined`: it is to be sent again. */
  async #attempt(): Promise<Response | undefined> {
    const { guard, server, authorization } = this.#setting
    const { target, signal } = this.#request
    if (guard !== undefined) await guard.enter(target, signal)
    let failure: ApiFailure | undefined
    let response: Response
    try {
      requireUnauthorized(this.#request, server)
      if ('token' in authorization) this.#token = await authorization.token(signal && { signal })
      const parts = this.#authorized(this.#request)
      response = await this.#send(this.#request, parts instanceof Promise ? await parts : parts)
      if (this.#wantsNewProof(response)) {
        guard?.leave(target, 'answered')
        return undefined
      }
      const answer = answerOf(response, server, target)
      failure = judgeCall(server, answer instanceof Promise ? await answer : answer, target, this.#secrets)
      guard?.leave(target, failure ?? 'answered')
    } catch (error) {
      // What failed before there was an answer says something about the API only if it was asked.
      guard?.leave(target, EvergrantError.is(error) ? 'answered' : 'lost')
      throw redactError(error, this.#secrets)
    }
    return failure === undefined ? this.#delivered(response) : this.#afterFailure(response, failure)
  }

  #authorized(request: ApiRequest): Parts | Promise<Parts> {
    const { authorization } = this.#setting
    if (!('token' in authorization)) return this.#signed(request, authorization)
    const token = this.#token as Token
    const parts = this.#withToken(request, token)
    return token.tokenType === 'DPoP' ? withProof(parts, authorization.proof, request, token) : parts
  }

  #send({ init, method, signal, replayable }: ApiRequest, { url, headers, body }: Parts): Promise<Response> {
    const { fetch: send = fetch } = this.#setting
    // A redirect is looked at before it is followed: it must not carry a token elsewhere.
    const redirect = init.redirect === undefined || init.redirect === 'follow' ? 'manual' : init.redirect
    const sent: RequestInit = { ...init, headers, redirect }
    // What need not be said need not be checked by `fetch` either.
    if (method !== 'GET' || init.method !== undefined) sent.method = method
    if (body !== null || init.body !== undefined) sent.body = body
    if (signal !== undefined) sent.signal = signal
    return send(url, replayable ? sent : ({ ...sent, duplex: 'half' } as RequestInit))
  }

  #withToken(request: ApiRequest, { accessToken, tokenType, scope }: Token): Parts {
    const { server, scopes } = this.#setting
    const place = placeIn(request, server)
    checkScopes(server, request.target, scope, scopes)
    this.#secrets = [accessToken]
    const text = textBody(request)
    if (text === undefined && request.body !== null && (place.in === 'json' || place.in === 'form')) {
      throw new EvergrantError(fail('body_unsuitable'))
    }
    const placed = placeToken(place, accessToken, request.url.href, text, tokenType)
    if ('kind' in placed) throw new EvergrantError(placed)
    const becomesForm = place.in === 'form' && request.body === null
    const headers = authorizedHeaders(request, becomesForm ? FORM_FIELD : placed.header)
    return { url: placed.url, headers, body: placed.body ?? request.body }
  }

  /** Whether the call is to be sent again, for the server only wants its nonce in the proof (RFC 9449 §9); once. */
  #wantsNewProof(response: Response): boolean {
    const { authorization } = this.#setting
    const { url, replayable } = this.#request
    if (!('token' in authorization) || !asksForProof(authorization.proof, url, response)) return false
    if (this.#record.isProvenAnew) return false
    discard(response)
    if (!replayable) throw new EvergrantError(fail('body_not_replayable'))
    this.#record.provenAnew()
    return true
  }

  async #signed(request: ApiRequest, signer: RequestSigner): Promise<Parts> {
    const headers = headersFor(request)
    const { method, url, body } = request
    const added = await signer.sign({ method, url: url.href, headers: [...headers] })
    for (const [name, value] of added) headers.set(name, value)
    this.#secrets = secretsIn(added)
    return { url: url.href, headers, body }
  }

  async #afterFailure(response: Response, failure: ApiFailure): Promise<Response | undefined> {
    const { authorization, limits, random, clock } = this.#setting
    const { replayable, repeatable, signal } = this.#request
    const renewable = 'token' in authorization
    const told =
      failure.about === 'token' && !renewable ? ({ ...failure, about: 'request' } as const) : failure
    if (told.about === 'token' && renewable && this.#token !== undefined) authorization.reject(this.#token)
    const decision = decideCall(told, this.#record.progress, { replayable, repeatable }, limits, random())
    switch (decision.act) {
      case 'deliver':
        return this.#delivered(response)
      case 'renew':
        discard(response)
        this.#record.renewed(told.code)
        return undefined
      case 'pause':
        discard(response)
        this.#record.paused(told.code, decision.ms)
        await pause(decision.ms, clock, signal)
        return undefined
      default:
        discard(response)
        throw this.#errorOf(decision.failure)
    }
  }

  #errorOf(failure: Failure): Error {
    const { errorOf } = this.#setting.server
    return errorOf !== undefined && isApiFailure(failure) ? errorOf(failure) : new EvergrantError(failure)
  }

  /** The answer as the caller gets it; or what it redirects to. */
  #delivered(response: Response): Response | undefined | Promise<Response> {
    const { isAllowed, fetch: send = fetch } = this.#setting
    const hop = nextHop(this.#request, response, ++this.#hops)
    if (hop === undefined) return this.#withCleanUrl(response)
    discard(response)
    if (!isAllowed(hop.url)) return followElsewhere(hop, send)
    const { hostname, pathname } = hop.url
    this.#request = { ...hop, target: { hostname, pathname } }
    // Where a server sends a call may quote what the call carried.
    const told = { hostname: redact(hostname, this.#secrets), pathname: redact(pathname, this.#secrets) }
    this.#record.redirected({ ...this.#request, target: told })
    return undefined
  }

  /** A response prints its URL, and the token may stand in it. */
  #withCleanUrl(response: Response): Response {
    const { server } = this.#setting
    const parameter =
      'token' in this.#setting.authorization ? queryParameterOf(this.#request, server) : undefined
    if (parameter === undefined) return response
    return Object.defineProperty(response, 'url', { value: withoutQueryToken(response.url, parameter) })
  }
}

function isApiFailure(failure: Failure): failure is ApiFailure {
  return 'about' in failure
}
