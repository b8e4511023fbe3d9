import { type Clock, EvergrantError, fail, redactError } from '@evergrant/core'
import {
  type ApiFailure,
  type CallDecision,
  type CallEnd,
  type CallGuard,
  type CallLimits,
  type CallTarget,
  checkScopes,
  decideCall,
  endWithoutAnswer,
  hasLeft,
  judgeCall,
  lostConnection,
  type ResourceServer,
  type ScopeCheck,
} from '@evergrant/core/calls'
import type { Dispatcher } from 'undici'
import {
  type AuthorizedRequest,
  authorizedNow,
  authorizedSoon,
  type CallAuthorization,
  errorOf,
  reported,
} from './call-authorization.ts'
import { callPause } from './call-pause.ts'
import { signalOf, targetOf, traitsOf } from './dispatch-request.ts'
import { HeldAnswer } from './held-answer.ts'
import { answerOf, fieldOf, type IncomingHeaders, isOpaque } from './incoming-answer.ts'
import { isAborted, NO_CONNECTION } from './no-connection.ts'
import { asksForProof } from './proof-of-call.ts'
import { UnwantedAnswer } from './unwanted-answer.ts'

/** What all calls of an interceptor share. */
export interface CallSetting {
  readonly authorization: CallAuthorization
  readonly server: ResourceServer
  readonly limits: CallLimits
  readonly retryUnsafe: boolean
  readonly guard: CallGuard | undefined
  readonly scopes: ScopeCheck
  readonly clock: Clock | undefined
  readonly random: () => number
}

type Controller = Dispatcher.DispatchController

/**
 * One request on its way through undici, however often it is sent. Stands between the dispatcher and the caller's
 * handler: hands answers on as they come, except for those that may be failures, which are held until it is known;
 * they are small.
 */
export class AuthorizedCall implements Dispatcher.DispatchHandler {
  readonly #setting: CallSetting
  readonly #dispatch: Dispatcher.Dispatch
  readonly #request: Dispatcher.DispatchOptions
  readonly #handler: Dispatcher.DispatchHandler
  #targetMemo: CallTarget | undefined
  #token: string | undefined
  /** What the attempt carries that must not be printed. */
  #secrets: readonly string[] = []
  #attempts = 1
  #renewed = false
  /** Whether it was sent again with another proof of possession. */
  #provenAnew = false
  #pausedMs = 0
  /** Whether the guard has let the request pass and has not heard of its end. */
  #entered = false
  #held: HeldAnswer | undefined
  /** The loss of its connection, while the request waits for being sent again. */
  #loss: unknown
  /** Whether an answer that is not dealt with here has begun. */
  #answered = false
  #unwanted: UnwantedAnswer | undefined
  /** What to do once the rest of an answer that nobody wants has gone by. */
  #afterwards: (() => void) | undefined

  constructor(
    setting: CallSetting,
    dispatch: Dispatcher.Dispatch,
    request: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ) {
    this.#setting = setting
    this.#dispatch = dispatch
    this.#request = request
    this.#handler = handler
  }

  /** Sends the request as soon as guard and source let it: at once where a token is held that needs no proof. */
  start(): void {
    const { guard, authorization, server } = this.#setting
    try {
      const entering = guard?.enter(this.#target, signalOf(this.#request))
      this.#entered = guard !== undefined && entering === undefined
      if (entering === undefined) this.#loss = undefined
      const ready =
        entering === undefined
          ? authorizedNow(authorization, server, this.#request, () => this.#target)
          : undefined
      if (ready === undefined) this.#startLater(entering)
      else this.#send(ready)
    } catch (error) {
      this.fail(error)
    }
  }

  #startLater(entering: Promise<void> | undefined): void {
    const { authorization, server } = this.#setting
    Promise.resolve(entering)
      .then(() => {
        this.#entered = entering !== undefined || this.#entered
        this.#loss = undefined
        return authorizedSoon(
          authorization,
          server,
          this.#request,
          () => this.#target,
          signalOf(this.#request),
        )
      })
      .then(ready => this.#send(ready))
      .catch((error: unknown) => this.fail(error))
  }

  #send({ request, token, scope, secrets }: AuthorizedRequest): void {
    const { server, scopes } = this.#setting
    if (token !== undefined) checkScopes(server, this.#target, scope, scopes)
    this.#token = token
    this.#secrets = secrets
    this.#dispatch(request, this)
  }

  /** Ends the call without an answer. */
  fail(error: unknown): void {
    const failure = this.#loss === undefined || hasLeft(error) ? error : this.#loss
    const reason = failure instanceof Error ? failure : new Error('the call has failed')
    // It was not sent.
    this.#leave('untold')
    this.#handler.onResponseError?.(NO_CONNECTION, reason)
  }

  // What undici tells

  onRequestStart(controller: Controller, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context)
  }

  onRequestUpgrade(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestUpgrade']>>): void {
    this.#handler.onRequestUpgrade?.(...args)
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHeaders, message?: string): void {
    if (status < 200) return this.#handler.onResponseStart?.(controller, status, headers, message)
    if (this.#wantsNewProof(status, headers)) return this.#letPass(controller)
    if (this.#mayTell(status, headers)) {
      this.#answered = true
      this.#held = new HeldAnswer(status, headers, message)
      return
    }
    if (this.#judge(status, headers, undefined)) return this.#letPass(controller)
    this.#answered = true
    this.#handler.onResponseStart?.(controller, status, headers, message)
  }

  /** Whether the request is to be sent again, for the server only wants its nonce in the proof (RFC 9449 §9); once. */
  #wantsNewProof(status: number, headers: IncomingHeaders): boolean {
    const { authorization, retryUnsafe } = this.#setting
    if ('sign' in authorization) return false
    if (!asksForProof(authorization, this.#request, status, headers) || this.#provenAnew) return false
    this.#provenAnew = true
    this.#leave('answered')
    const { replayable } = traitsOf(this.#request, retryUnsafe)
    this.#afterwards = () =>
      replayable ? this.start() : this.fail(new EvergrantError(fail('body_not_replayable')))
    return true
  }

  /** Whether the body has to be seen first. */
  #mayTell(status: number, headers: IncomingHeaders): boolean {
    const { looksInto } = this.#setting.server
    if (looksInto === undefined || isOpaque(headers)) return false
    return looksInto(status, fieldOf(headers, 'content-type') ?? '', this.#target)
  }

  /** Judges an answer. Whether its failure is dealt with here, and the caller does not get to see it. */
  #judge(status: number, headers: IncomingHeaders, body: string | undefined): boolean {
    const { server, guard } = this.#setting
    // Most answers: nothing to see, nobody to tell.
    if (status < 400 && body === undefined && guard === undefined) return false
    const failure = judgeCall(server, answerOf(status, headers, body), this.#target, this.#secrets)
    this.#leave(failure ?? 'answered')
    return failure !== undefined && this.#takesOver(failure)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#afterwards !== undefined) return this.#unwanted?.pass(chunk)
    const held = this.#held
    if (held === undefined) return this.#handler.onResponseData?.(controller, chunk)
    if (held.take(chunk)) return
    this.#leave('answered')
    this.#handOn(controller, held)
  }

  onResponseEnd(controller: Controller, trailers: IncomingHeaders): void {
    if (this.#afterwards !== undefined) return this.#goOn()
    const held = this.#held
    if (held !== undefined) {
      if (this.#judge(held.status, held.headers, held.text)) return this.#goOn()
      this.#handOn(controller, held)
    }
    this.#handler.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Controller, error: Error): void {
    if (this.#afterwards !== undefined) return this.#goOn()
    const hasLeft = isAborted(controller, this.#request)
    const failure = this.#answered || hasLeft ? undefined : lostConnection(error)
    const told = redactError(error, this.#secrets)
    this.#held = undefined
    this.#leave(endWithoutAnswer(error, hasLeft))
    if (failure === undefined || !this.#takesOver(failure)) {
      return this.#handler.onResponseError?.(controller, told)
    }
    this.#loss = told
    this.#goOn()
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk)
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.()
  }

  // What follows

  #handOn(controller: Controller, held: HeldAnswer): void {
    this.#held = undefined
    held.handOn(this.#handler, controller)
  }

  #letPass(controller: Controller): void {
    this.#unwanted = new UnwantedAnswer(controller)
  }

  /** Whether a failure is dealt with here; what is to be done then is done once the answer has gone by. */
  #takesOver(failure: ApiFailure): boolean {
    const { limits, random, retryUnsafe, authorization } = this.#setting
    const progress = { attempts: this.#attempts, renewed: this.#renewed, pausedMs: this.#pausedMs }
    const told = reported(failure, authorization, this.#token)
    const decision = decideCall(told, progress, traitsOf(this.#request, retryUnsafe), limits, random())
    if (decision.act === 'deliver') return false
    this.#held = undefined
    this.#answered = false
    this.#afterwards = this.#deed(decision)
    return true
  }

  #deed(decision: Exclude<CallDecision, { act: 'deliver' }>): () => void {
    switch (decision.act) {
      case 'renew':
        this.#renewed = true
        return () => this.start()
      case 'pause':
        this.#attempts += 1
        this.#pausedMs += decision.ms
        return () => this.#pause(decision.ms)
      default:
        return () => this.fail(errorOf(this.#setting.server, decision.failure))
    }
  }

  #pause(ms: number): void {
    callPause(ms, this.#setting.clock, signalOf(this.#request))
      .then(() => this.start())
      .catch((error: unknown) => this.fail(error))
  }

  #goOn(): void {
    const deed = this.#afterwards
    this.#afterwards = undefined
    this.#unwanted?.end()
    deed?.()
  }

  #leave(end: CallEnd): void {
    if (!this.#entered) return
    this.#entered = false
    this.#setting.guard?.leave(this.#target, end)
  }

  get #target(): CallTarget {
    this.#targetMemo ??= targetOf(this.#request)
    return this.#targetMemo
  }
}
