import {
  causeCode,
  type Delivery,
  fail,
  type HeaderList,
  type HttpResponse,
  networkFailure,
  requestTimedOut,
  type SendLimits,
  TransportError,
} from '@evergrant/core'
import type { Dispatcher } from 'undici'
import { decoded } from './content-coding.ts'

/** A request, and whom it is for. */
export type OutgoingRequest = Dispatcher.DispatchOptions & { readonly origin: string }

type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * One request and its answer, within a total time and a size.
 *
 * Delivery is told truthfully because the moment is known at which undici begins to write: what fails before
 * that (names, connections, TLS, time) was certainly not sent, what fails after it may have been.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: OutgoingRequest,
  limits: SendLimits,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler(options, limits, resolve, reject)
    try {
      dispatcher.dispatch(options, handler)
    } catch (error) {
      // As a dispatcher may that somebody else has composed.
      handler.onResponseError(undefined, error)
    }
  })
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #host: string
  readonly #limits: SendLimits
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: TransportError) => void
  readonly #signal: AbortSignal
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #delivery: Delivery = 'not_sent'
  #settled = false
  #bytes = 0
  #status = 0
  #headers: Headers = {}

  constructor(
    { origin }: OutgoingRequest,
    limits: SendLimits,
    resolve: (response: HttpResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#host = new URL(origin).host
    this.#limits = limits
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = AbortSignal.timeout(limits.timeoutMs)
    this.#signal.addEventListener('abort', this.#timeOut, { once: true })
  }

  readonly #timeOut = (): void => this.#fail(new TransportError(requestTimedOut(this.#host), this.#delivery))

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Too late: nobody waits any more, and nothing has been written yet.
    if (this.#settled) controller.abort(new Error('settled'))
    else this.#delivery = 'unknown'
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limits.bodyBytesMax) this.#fail(tooLarge())
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    decoded(Buffer.concat(this.#chunks), this.#headers['content-encoding'], this.#limits.bodyBytesMax).then(
      body => this.#succeed(body),
      (error: TransportError) => this.#fail(error),
    )
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.#fail(new TransportError(networkFailure(causeCode(error), this.#host), this.#delivery))
  }

  #succeed(body: Buffer): void {
    if (!this.#settle()) return
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
    this.#resolve({ status: this.#status, headers: headerList(this.#headers), body: text })
  }

  #fail(error: TransportError): void {
    if (!this.#settle()) return
    this.#reject(error)
    this.#controller?.abort(error)
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    this.#signal.removeEventListener('abort', this.#timeOut)
    return true
  }
}

function tooLarge(): TransportError {
  return new TransportError(fail('response_too_large'), 'unknown')
}

function headerList(headers: Headers): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each): [string, string] => [name, each]),
  )
}
