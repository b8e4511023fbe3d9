import { fail, type HttpResponse, TransportError } from '@evergrant/core'
import { type Answer, type AuthorizationServer, type Issue, json, refusal } from './authorization-server.ts'
import type { QueuedEvent } from './event-queue.ts'
import type { Exchange } from './exchange.ts'
import type { FaultKind } from './fault-plan.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

const LATENCY_MS_MIN = 2
const LATENCY_MS_MAX = 400
const RETRY_AFTER_SECONDS = [1, 7, 20] as const

/** What lies between a client and the server. */
interface Way {
  readonly world: World
  readonly server: AuthorizationServer
  readonly random: Random
}

/** The client's end of a request. */
interface ClientEnd {
  readonly timeoutMs: number
  readonly resolve: (response: HttpResponse) => void
  readonly reject: (error: TransportError) => void
}

/** One request from its sending to its end. */
export class Delivery {
  readonly #way: Way
  readonly #exchange: Exchange
  readonly #client: ClientEnd
  readonly #deadline: QueuedEvent

  constructor(way: Way, exchange: Exchange, client: ClientEnd) {
    this.#way = way
    this.#exchange = exchange
    this.#client = client
    this.#deadline = way.world.after(client.timeoutMs, exchange.process, () =>
      this.#fail('request_timed_out', 'unknown'),
    )
    exchange.process.timers.add(this.#deadline)
  }

  /** Sends it on its way; `form` is what is in it. */
  begin(fault: FaultKind | undefined, form: URLSearchParams): void {
    switch (fault) {
      case 'request_unsent':
        return this.#later(this.#latency(), () => this.#fail('transport_failed', 'not_sent'))
      case 'request_lost':
        if (this.#way.random.chance(0.5))
          this.#later(this.#latency(), () => this.#fail('transport_failed', 'unknown'))
        return
      case 'endpoint_busy':
        return this.#answer(this.#busy())
      case 'endpoint_broken':
        return this.#answer(json(500, { error: 'server_error' }))
      case 'client_refused':
        return this.#answer(refusal(401, 'invalid_client', form.get('client_secret')).response)
      case 'request_twice':
        return this.#twice(form)
      default:
        this.#way.world.after(this.#latency(), undefined, () => this.#comeBack(fault, this.#handle(form)))
    }
  }

  /** The server has done its work; its answer sets out. */
  #comeBack(fault: FaultKind | undefined, { response, issue }: Answer): void {
    switch (fault) {
      case 'response_lost':
        if (this.#way.random.chance(0.5))
          this.#later(this.#latency(), () => this.#fail('transport_failed', 'unknown'))
        return
      case 'response_late':
        return this.#later(this.#client.timeoutMs + this.#way.random.between(1, 20_000), () =>
          this.#succeed(response, issue),
        )
      case 'response_slow':
        return this.#later(Math.floor(this.#client.timeoutMs * (0.3 + 0.6 * this.#way.random.next())), () =>
          this.#succeed(response, issue),
        )
      case 'response_garbled':
        return this.#answer(this.#garbled(response), issue)
      case 'gateway_failed':
        return this.#answer(json(this.#way.random.pick([502, 504]), {}))
      default:
        return this.#answer(response, issue)
    }
  }

  /** Two copies reach the server, one a little later; the client reads the answer to one of them. */
  #twice(form: URLSearchParams): void {
    this.#exchange.copies = 2
    const readsFirst = this.#way.random.chance(0.5)
    const firstMs = this.#latency()
    this.#way.world.after(firstMs, undefined, () => {
      const { response, issue } = this.#handle(form)
      if (readsFirst) this.#answer(response, issue)
    })
    this.#way.world.after(firstMs + this.#way.random.between(0, 50), undefined, () => {
      const { response, issue } = this.#handle(form)
      if (!readsFirst) this.#answer(response, issue)
    })
  }

  #handle(form: URLSearchParams): Answer {
    const answer = this.#way.server.handle(form)
    this.#way.world.note({ name: 'server' }, 'handled', () => {
      const { response, issue } = answer
      return `request ${this.#exchange.number}: ${response.status} ${issue?.accessToken ?? ''} ${issue?.refreshToken ?? ''}`
    })
    this.#way.world.tell('request.handled', { exchange: this.#exchange, answer })
    return answer
  }

  #answer(response: HttpResponse, issue?: Issue): void {
    this.#later(this.#latency(), () => this.#succeed(response, issue))
  }

  #later(ms: number, run: () => void): void {
    this.#way.world.after(ms, this.#exchange.process, run)
  }

  #latency(): number {
    return this.#way.random.between(LATENCY_MS_MIN, LATENCY_MS_MAX)
  }

  #busy(): HttpResponse {
    const status = this.#way.random.pick([503, 429])
    if (this.#way.random.chance(0.5)) return { status, headers: [], body: '' }
    const seconds = this.#way.random.pick(RETRY_AFTER_SECONDS)
    return json(status, {}, [['retry-after', String(seconds)]])
  }

  #garbled({ status, headers, body }: HttpResponse): HttpResponse {
    const text = this.#way.random.pick([
      '',
      '<html><body>It works!</body></html>',
      body.slice(0, -3),
      body.replace('"expires_in":', '"expires_in":-'),
      body.replace('{', '{"access_token":"another",'),
      body.replace('Bearer', 'mac'),
      body.replace('"access', '"\\u0000access'),
      '[]',
      '{}',
    ])
    return { status, headers, body: text }
  }

  #succeed(response: HttpResponse, issue: Issue | undefined): void {
    if (this.#exchange.end !== 'open') return
    const end = endOf(response)
    if (end === 'won') this.#exchange.issue = issue
    this.#exchange.status = response.status
    this.#end(end)
    this.#client.resolve(response)
  }

  #fail(code: 'transport_failed' | 'request_timed_out', delivery: 'not_sent' | 'unknown'): void {
    if (this.#exchange.end !== 'open') return
    this.#end(delivery)
    this.#client.reject(new TransportError(fail(code), delivery))
  }

  #end(end: Exchange['end']): void {
    const { process } = this.#exchange
    this.#deadline.run = undefined
    process.timers.delete(this.#deadline)
    this.#exchange.end = end
    this.#way.world.note(process, 'request ended', () => `request ${this.#exchange.number}: ${end}`)
    this.#way.world.tell('request.ended', { exchange: this.#exchange })
  }
}

/** What a careful client may conclude from an answer. */
function endOf({ status, body }: HttpResponse): Exchange['end'] {
  if (status === 429 || status === 503) return 'refused'
  const sound =
    /^\{"(access_token":"access-[^"]+","token_type":"Bearer"|error":)/.test(body) && body.endsWith('}')
  if (status === 200) return sound && !body.includes(':-') ? 'won' : 'unknown'
  return status < 500 && sound ? 'refused' : 'unknown'
}
