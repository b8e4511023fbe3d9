import {
  type Clock,
  EvergrantError,
  fail,
  type HttpRequest,
  type HttpResponse,
  keepingRefreshTokens,
  type PolicyNumbers,
  type Provider,
  type ReadContext,
  readTokenResponse,
  SINGLE_USE_DEFAULTS,
  type TokenRequest,
  type TokenSet,
  type TokenType,
  type Transport,
} from '@evergrant/core'
import { type Client, ClientGate, type Repetition } from '../client-gate.ts'
import { fetchTransport } from '../fetch-transport.ts'
import { scrubbed } from '../scrub-response.ts'
import { sharedClock } from '../system-clock.ts'

/** What every flow needs to speak to an authorization server. */
export interface EndpointOptions {
  readonly provider: Provider
  readonly client: Client
  /** How requests are sent. The runtime's own `fetch` by default. */
  readonly transport?: Transport
  /** The system's clocks by default. */
  readonly clock?: Clock
}

const { requestTimeoutMs, bodyBytesMax, lifetimeMsMax, retryAfterMsMax } = SINGLE_USE_DEFAULTS

/** The bounds within which answers are read, everywhere outside the grant machine. */
export const READING_BOUNDS: Pick<PolicyNumbers, 'bodyBytesMax' | 'lifetimeMsMax' | 'retryAfterMsMax'> = {
  bodyBytesMax,
  lifetimeMsMax,
  retryAfterMsMax,
}

/** How often a request is made, at most: with other secrets of a ring. */
const ATTEMPTS_MAX = 18

/** An answer, and when its question was sent. */
export interface TimedResponse {
  readonly response: HttpResponse
  readonly sentAt: number
}

/**
 * Speaks to an authorization server in the name of a client: one request, one answer, and no repetition but for what has
 * used nothing up: a proof of possession without the server's nonce (RFC 9449 §8), a secret of a ring that was refused.
 */
export class EndpointClient {
  readonly provider: Provider
  readonly clock: Clock
  /** The type of the tokens that are asked for. */
  readonly tokenType: TokenType
  readonly #gate: ClientGate
  readonly #transport: Transport

  constructor(options: EndpointOptions) {
    this.provider = options.provider
    this.clock = options.clock ?? sharedClock()
    this.tokenType = options.client.proof === undefined ? 'Bearer' : 'DPoP'
    this.#gate = new ClientGate(options.provider, options.client)
    this.#transport = options.transport ?? fetchTransport()
  }

  /** Sends an authenticated request. Rejects with what the transport or the client's secrets reject with. */
  async ask(request: TokenRequest): Promise<TimedResponse> {
    const repeated = new Set<Repetition>()
    for (let attempts = 1; ; attempts++) {
      const ready = await this.#gate.authenticate(request, () => undefined)
      const answer = await this.send(ready, request.secrets)
      const repetition = this.#gate.heard(ready, answer.response, () => undefined)
      if (repetition === undefined || repeated.has(repetition) || attempts >= ATTEMPTS_MAX) return answer
      if (repetition !== 'secret') repeated.add(repetition)
    }
  }

  /** Sends a request as it is. `known`: secrets of the core's own, which an answer may repeat. */
  async send(request: HttpRequest, known: readonly string[] = []): Promise<TimedResponse> {
    const release = this.clock.hold?.()
    const sentAt = this.clock.now()
    try {
      const response = await this.#transport.send(request, { timeoutMs: requestTimeoutMs, bodyBytesMax })
      return { response: scrubbed(response, request.secrets, known), sentAt }
    } catch (error) {
      throw EvergrantError.is(error) ? error : new EvergrantError(fail('transport_failed'))
    } finally {
      release?.()
    }
  }

  /** Asks the token endpoint. Rejects with the failure that the answer is. */
  async obtain(request: TokenRequest, scopeRequested: readonly string[] | undefined): Promise<TokenSet> {
    const { response, sentAt } = await this.ask(request)
    const context: ReadContext = {
      ...READING_BOUNDS,
      profile: keepingRefreshTokens(this.provider.profile),
      sentAt,
      receivedAt: this.clock.now(),
      scopeRequested,
      tokenType: this.tokenType,
      secrets: request.secrets,
    }
    const result = readTokenResponse(response, context)
    if (!result.ok) throw new EvergrantError(result.failure)
    return result.tokens
  }
}
