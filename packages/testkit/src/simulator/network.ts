import { fail, type HttpRequest, type HttpResponse, type Transport, TransportError } from '@evergrant/core'
import type { AuthorizationServer } from './authorization-server.ts'
import { Delivery } from './delivery.ts'
import type { Exchange } from './exchange.ts'
import type { FaultKind, FaultPlan } from './fault-plan.ts'
import type { Random } from './random.ts'
import { TOKEN_ENDPOINT } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

/** How the token endpoint misbehaves for a while. */
interface Outage {
  readonly kind: FaultKind
  readonly until: number
}

const REQUEST_FAULTS: readonly FaultKind[] = [
  'request_unsent',
  'request_lost',
  'request_twice',
  'response_lost',
  'response_late',
  'response_slow',
  'response_garbled',
  'gateway_failed',
  'endpoint_busy',
  'endpoint_broken',
]
/** What a token endpoint that is out of order does to requests. */
const DOWN_FAULTS: readonly [FaultKind, ...FaultKind[]] = [
  'request_unsent',
  'request_lost',
  'endpoint_busy',
  'endpoint_broken',
  'response_garbled',
]

/** The way from the processes to the token endpoint and back. */
export class Network {
  readonly #world: World
  readonly #server: AuthorizationServer
  readonly #faults: FaultPlan
  readonly #random: Random
  #outage: Outage | undefined
  #exchanges = 0

  constructor(world: World, server: AuthorizationServer, faults: FaultPlan) {
    this.#world = world
    this.#server = server
    this.#faults = faults
    this.#random = world.random('network')
  }

  /** The endpoint is out of order, or refuses the client, for `ms`. */
  breakDown(kind: 'endpoint_down' | 'client_refused', ms: number): void {
    this.#outage = { kind, until: this.#world.now + ms }
  }

  /** The endpoint is in order again. */
  heal(): void {
    this.#outage = undefined
  }

  /** The transport of one process. */
  transportOf(process: SimulatedProcess): Transport {
    return { send: (request, { timeoutMs }) => this.#send(process, request, timeoutMs) }
  }

  #send(process: SimulatedProcess, request: HttpRequest, timeoutMs: number): Promise<HttpResponse> {
    const form = new URLSearchParams(request.body ?? '')
    const grant = process.grants.find(({ clientId }) => clientId === form.get('client_id'))
    if (grant === undefined || request.url !== TOKEN_ENDPOINT) {
      this.#world.fail('S8', `a request went to ${request.url}, of client ${form.get('client_id')}`)
      return Promise.reject(new TransportError(fail('transport_failed'), 'not_sent'))
    }
    const exchange: Exchange = {
      number: ++this.#exchanges,
      process,
      grant,
      refreshToken: form.get('refresh_token') ?? undefined,
      sentAt: this.#world.now,
      timeoutMs,
      guarded: process.isGuarded(grant),
      copies: 1,
      end: 'open',
      status: undefined,
      issue: undefined,
    }
    const fault = this.#strike()
    this.#world.note(process, 'request', () => `${exchangeText(exchange)} ${fault ? `[${fault}]` : ''}`)
    this.#world.tell('request.sent', { exchange })
    const way = { world: this.#world, server: this.#server, random: this.#random }
    return new Promise((resolve, reject) => {
      new Delivery(way, exchange, { timeoutMs, resolve, reject }).begin(fault, form)
    })
  }

  /** What befalls a request, by an outage or by itself. */
  #strike(): FaultKind | undefined {
    const outage = this.#outage
    if (outage !== undefined && this.#world.now < outage.until) {
      return outage.kind === 'client_refused' ? outage.kind : this.#random.pick(DOWN_FAULTS)
    }
    const fault = this.#faults.strikeOperation(REQUEST_FAULTS)
    if (fault !== undefined) this.#faults.count(fault)
    return fault
  }
}

function exchangeText({ number, grant, refreshToken, guarded }: Exchange): string {
  return `request ${number} of grant ${grant.index}, ${refreshToken ?? 'client credentials'}, ${guarded ? 'guarded' : 'unguarded'}`
}
