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
  type CallEnd,
  type CallGuard,
  type CallLimits,
  checkScopes,
  decideCall,
  endWithoutAnswer,
  hasLeft,
  judgeCall,
  lostConnection,
  type OriginTest,
  placeToken,
  type RequestSigner,
  type ResourceServer,
  type ScopeCheck,
  secretsIn,
} from '@evergrant/core/calls'
import type { Token } from '../token.ts'
import {
  type ApiRequest,
  authorizedHeaders,
  contentTypeOf,
  FORM_FIELD,
  headersFor,
  type Parts,
  placeIn,
  queryParameterOf,
  requireUnauthorized,
  textBody,
} from './api-request.ts'
import type { BearerWay } from './bearer-way.ts'
import { CallRecord } from './call-record.ts'
import { withoutTokenInUrl } from './clean-url.ts'
import { heldBody } from './held-body.ts'
import { answerOf, discard } from './look-into.ts'
import { pause } from './pause.ts'
import { asksForProof, withProof } from './proof-of-call.ts'
import { followElsewhere, nextHop } from './redirect.ts'

/** What all calls of an `authorizedFetch` share. */
export interface CallSetting {
  readonly way: BearerWay | { readonly signer: RequestSigner }
  readonly server: ResourceServer
  readonly isAllowed: OriginTest
  readonly limits: CallLimits
  readonly guard: CallGuard | undefined
  readonly scopes: ScopeCheck
  readonly fetch: typeof fetch | undefined
  readonly onEvent: CallListener | undefined
  readonly clock: Clock
  readonly random: () => number
}

/** One call, from the caller's arguments to the answer, however often it has to be sent. */
export class FetchCall {
  readonly #setting: CallSetting
  readonly #record: CallRecord
  #request: ApiRequest
  #token: Token | undefined
  /** What the attempt carries that must not be printed. */
  #secrets: readonly string[] = []
  #hops = 0
  /** The loss of its connection, while the call waits for being sent again. */
  #loss: unknown

  constructor(setting: CallSetting, request: ApiRequest) {
    this.#setting = setting
    this.#request = request
    this.#record = new CallRecord(setting.server.name, request, setting.onEvent, setting.clock)
  }

  /** Waits for no more than it must: what is at hand already is not awaited. */
  async make(): Promise<Response> {
    const { guard, server, clock } = this.#setting
    try {
      const { ofRequest } = this.#request
      if (ofRequest !== undefined) {
        const body = await heldBody(ofRequest, contentTypeOf(this.#request), clock)
        const replayable = !(body instanceof ReadableStream)
        this.#request = { ...this.#request, body, replayable, ofRequest: undefined }
      }
      for (;;) {
        const { target, signal } = this.#request
        if (guard !== undefined) await guard.enter(target, signal)
        this.#loss = undefined
        let isSent = false
        let response: Response
        let failure: ApiFailure | undefined
        try {
          const authorized = this.#authorized(this.#request)
          const parts = authorized instanceof Promise ? await authorized : authorized
          isSent = true
          response = await this.#send(this.#request, parts)
          if (this.#wantsNewProof(response)) {
            guard?.leave(target, 'answered')
            continue
          }
          const answer = answerOf(response, server, target)
          failure = judgeCall(
            server,
            answer instanceof Promise ? await answer : answer,
            target,
            this.#secrets,
          )
          guard?.leave(target, failure ?? 'answered')
        } catch (error) {
          guard?.leave(target, endOf(error, isSent, signal?.aborted === true))
          const told = redactError(error, this.#secrets)
          if (isSent && (await this.#pausedAfterLoss(told))) continue
          throw told
        }
        const end = failure === undefined ? this.#delivered(response) : this.#afterFailure(response, failure)
        const delivered = end instanceof Promise ? await end : end
        if (delivered === undefined) continue
        this.#record.ended(delivered.status)
        return delivered
      }
    } catch (error) {
      const told = this.#loss === undefined || hasLeft(error) ? error : this.#loss
      this.#record.failed(told)
      throw told
    }
  }

  /** What is sent: authorized by what is valid now. */
  #authorized(request: ApiRequest): Parts | Promise<Parts> {
    const { server, way } = this.#setting
    requireUnauthorized(request, server)
    if ('signer' in way) return this.#signed(request, way.signer)
    const token = way.tokenOf(request.signal)
    return token instanceof Promise
      ? token.then(given => this.#withToken(request, given, way))
      : this.#withToken(request, token, way)
  }

  #withToken(request: ApiRequest, token: Token, { source }: BearerWay): Parts | Promise<Parts> {
    this.#token = token
    const parts = this.#withPlacedToken(request, token)
    return token.tokenType === 'DPoP' ? withProof(parts, source.proof, request, token) : parts
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

  #withPlacedToken(request: ApiRequest, { accessToken, tokenType, scope }: Token): Parts {
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
    // The caller has counted the body without the token.
    if (placed.body !== text && headers instanceof Headers) headers.delete('content-length')
    return { url: placed.url, headers, body: placed.body ?? request.body }
  }

  /** Whether the call is to be sent again, for the server only wants its nonce in the proof (RFC 9449 §9); once. */
  #wantsNewProof(response: Response): boolean {
    const { way } = this.#setting
    const { url, replayable } = this.#request
    if ('signer' in way || !asksForProof(way.source.proof, url, response)) return false
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
    const { way, limits, random, clock } = this.#setting
    const { signal } = this.#request
    const told =
      failure.about === 'token' && 'signer' in way ? ({ ...failure, about: 'request' } as const) : failure
    if (told.about === 'token' && 'source' in way && this.#token !== undefined) way.source.reject(this.#token)
    const decision = decideCall(told, this.#record.progress, this.#request, limits, random())
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

  /** Whether the call is to be sent again, its connection being lost, and the pause before that is over. */
  async #pausedAfterLoss(error: unknown): Promise<boolean> {
    const { limits, random, clock } = this.#setting
    const { signal } = this.#request
    const failure = signal?.aborted ? undefined : lostConnection(error)
    const decision = decideCall(failure, this.#record.progress, this.#request, limits, random())
    if (failure === undefined || decision.act !== 'pause') return false
    this.#record.paused(failure.code, decision.ms)
    this.#loss = error
    await pause(decision.ms, clock, signal)
    return true
  }

  #errorOf(failure: Failure): Error {
    const { errorOf } = this.#setting.server
    return errorOf !== undefined && isApiFailure(failure) ? errorOf(failure) : new EvergrantError(failure)
  }

  /** The answer as the caller gets it; or what it redirects to. */
  #delivered(response: Response): Response | undefined | Promise<Response> {
    const { isAllowed, fetch: send = fetch } = this.#setting
    const hop = nextHop(this.#request, response, ++this.#hops, this.#secrets)
    if (hop === undefined) return this.#withCleanUrl(response)
    discard(response)
    if (!isAllowed(hop.url)) return followElsewhere(hop, send, this.#secrets)
    const { hostname, pathname } = hop.url
    this.#request = { ...hop, target: { hostname, pathname } }
    // Where a server sends a call may quote what the call carried.
    const told = { hostname: redact(hostname, this.#secrets), pathname: redact(pathname, this.#secrets) }
    this.#record.redirected({ ...this.#request, target: told })
    return undefined
  }

  /** A response prints its URL, and the token may stand in it. */
  #withCleanUrl(response: Response): Response {
    const { server, way } = this.#setting
    const parameter = 'source' in way ? queryParameterOf(this.#request, server) : undefined
    return parameter === undefined ? response : withoutTokenInUrl(response, parameter)
  }
}

/** What failed before there was an answer says something about the API only if it was asked. */
function endOf(error: unknown, isSent: boolean, isAborted: boolean): CallEnd {
  if (!isSent) return 'untold'
  return EvergrantError.is(error) ? 'answered' : endWithoutAnswer(error, isAborted)
}

function isApiFailure(failure: Failure): failure is ApiFailure {
  return 'about' in failure
}
