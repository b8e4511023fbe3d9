import {
  fail,
  type HttpRequest,
  type HttpResponse,
  type SendLimits,
  type Transport,
  TransportError,
} from '@evergrant/core'

/** What happens to one request: an answer, a failure, or whatever a function makes of it. */
export type Step =
  | HttpResponse
  | Error
  | ((request: HttpRequest, limits: SendLimits) => HttpResponse | Promise<HttpResponse>)

/** A transport without a network, which answers from a script. */
export interface ScriptedTransport extends Transport {
  /** Every request, in order. */
  readonly requests: HttpRequest[]
  /** Appends steps to the script. */
  expect(...steps: Step[]): void
}

/**
 * A transport that answers each request with the next step of its script, and with `otherwise` when the script
 * is at its end. Without `otherwise`, such a request fails as not sent.
 */
export function scriptedTransport(otherwise?: Step): ScriptedTransport {
  const script: Step[] = []
  const requests: HttpRequest[] = []
  return {
    requests,
    expect: (...steps) => {
      script.push(...steps)
    },
    async send(request, limits) {
      requests.push(request)
      const step = script.shift() ?? otherwise ?? unscripted()
      if (step instanceof Error) throw step
      return typeof step === 'function' ? step(request, limits) : step
    },
  }
}

function unscripted(): TransportError {
  return new TransportError(
    fail('transport_failed', { message: 'The script of the transport is at its end.' }),
    'not_sent',
  )
}

/** An answer with a JSON body, 200 unless another status is given. */
export function jsonResponse(
  body: unknown,
  status = 200,
  headers: HttpResponse['headers'] = [],
): HttpResponse {
  return { status, headers: [['content-type', 'application/json'], ...headers], body: JSON.stringify(body) }
}

/** An answer that comes when the test says so. */
export interface Held {
  readonly step: Step
  /** Resolves when the request has arrived. */
  readonly arrived: Promise<HttpRequest>
  answer(response: HttpResponse): void
  fail(error: Error): void
}

/** A step that waits until it is answered. */
export function held(): Held {
  let arrive: (request: HttpRequest) => void = () => undefined
  let answer: (response: HttpResponse) => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  const arrived = new Promise<HttpRequest>(resolve => {
    arrive = resolve
  })
  const answered = new Promise<HttpResponse>((resolve, reject) => {
    answer = resolve
    fail = reject
  })
  answered.catch(() => undefined)
  return {
    step: request => {
      arrive(request)
      return answered
    },
    arrived,
    answer,
    fail,
  }
}
