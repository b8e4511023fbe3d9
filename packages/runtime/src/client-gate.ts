import {
  type Advice,
  type ClientAuthentication,
  type Failure,
  type HttpRequest,
  type HttpResponse,
  headerOf,
  type ProofOfPossession,
  type Provider,
  parseJsonObject,
  type RuntimeReport,
  type TokenRequest,
} from '@evergrant/core'
import { type ClientCredentials, clientSecretBy, publicClient } from './client-authentication.ts'
import { dialectAuthentication } from './dialect-authentication.ts'
import { readSecret } from './secret.ts'
import { Ring } from './secret-ring.ts'
import type { Exchange } from './token-exchange.ts'

/** A client that authenticates with its secret, or in a way of its own; or a public one, with nothing but its id. */
export interface Client {
  readonly id: ClientCredentials['id']
  /** Absent for a public client, and for one that authenticates in a way of its own. */
  readonly secret?: ClientCredentials['secret']
  /** Goes before a secret. Absent: as the provider says. */
  readonly authentication?: ClientAuthentication
  /** Binds tokens to a key of the client (RFC 9449): `dpop()` of `@evergrant/jose`. Absent: bearer tokens. */
  readonly proof?: ProofOfPossession
}

/** Why a request is made again: its proof of possession was not what the server wants, or the exchanged token, or the secret. */
export type Repetition = 'proof' | 'exchange' | 'secret'

/** The way out: authenticates each request, and looks once whether id and secret look right. */
export class ClientGate {
  /** What looked wrong about the client's id or secret, by their shape. */
  doubt: Advice | undefined
  /** Brings the tokens that are exchanged; `undefined` for all other grants. */
  exchange: Exchange | undefined
  readonly #authentication: ClientAuthentication
  readonly #client: Client
  readonly #provider: Provider
  #looked = false

  constructor(provider: Provider, client: Client) {
    this.#provider = provider
    this.#client = client
    this.#authentication = authenticationOf(provider, client)
  }

  /**
   * A failure with advice about the client where that may be the reason: what was not answered was not refused for it.
   * What the provider advises comes after it, which knows only the answer.
   */
  advised(failure: Failure): Failure {
    const { kind, status, advice } = failure
    const { doubt } = this
    if (doubt === undefined || kind !== 'configure' || status === undefined) return failure
    const both = advice && { en: `${doubt.en} ${advice.en}`, zh: `${doubt.zh}${advice.zh}` }
    return { ...failure, advice: both ?? doubt }
  }

  /** Calls `onDoubt` before the first request if the client looks doubtful. */
  async authenticate(request: TokenRequest, onDoubt: (advice: Advice) => void): Promise<HttpRequest> {
    const whole = this.exchange === undefined ? request : await this.exchange.complete(request)
    const { issuer } = this.#provider
    const authenticated = await this.#authentication.authenticate(
      issuer === undefined ? whole : { ...whole, issuer },
    )
    if (!this.#looked) {
      this.#looked = true
      this.doubt = await this.#look()
      if (this.doubt !== undefined) onDoubt(this.doubt)
    }
    return this.#proven(authenticated, request.endpoint)
  }

  /** The request with a proof of possession, where tokens are to be bound to a key (RFC 9449 §5). */
  async #proven(request: HttpRequest, endpoint: string): Promise<HttpRequest> {
    const { proof } = this.#client
    if (proof === undefined || endpoint !== this.#provider.tokenEndpoint) return request
    const { method, url, headers } = request
    return { ...request, headers: [...headers, ['dpop', await proof.prove({ method, url })]] }
  }

  /** Hears of every answer, before anything else is done about it. Why the request is to be made again, if it is. */
  heard(
    { url, secrets }: HttpRequest,
    response: HttpResponse,
    report: (told: RuntimeReport) => void,
  ): Repetition | undefined {
    const { status, headers, body } = response
    const answer = { status, body, header: (name: string) => headerOf(headers, name) }
    try {
      if (this.#client.proof?.heed(url, answer)) return 'proof'
      if (this.exchange?.heard(response)) return 'exchange'
      return this.#heardByRing(secrets, response, report) ? 'secret' : undefined
    } catch {
      // They are guests: what they throw must not lose an answer, and the tokens in it.
      return undefined
    }
  }

  /** Whether the request was refused because of its secret, and there may be another one. */
  #heardByRing(
    secrets: readonly string[],
    { status, body }: HttpResponse,
    report: (told: RuntimeReport) => void,
  ): boolean {
    const { secret } = this.#client
    if (!(secret instanceof Ring)) return false
    const parsed = parseJsonObject(body)
    if (parsed.ok && parsed.members.get('error') === 'invalid_client') return secret.refuse(secrets)
    const told = status >= 200 && status < 300 ? secret.accept(secrets) : undefined
    if (told !== undefined) report(told)
    return false
  }

  async #look(): Promise<Advice | undefined> {
    const { id, secret, authentication } = this.#client
    const { doubtClient } = this.#provider
    if (secret === undefined || authentication !== undefined || doubtClient === undefined) return undefined
    return doubtClient(await readSecret(id, 'client id'), await readSecret(secret, 'client secret'))
  }
}

function authenticationOf(provider: Provider, client: Client): ClientAuthentication {
  if (client.authentication !== undefined) return client.authentication
  const { id, secret } = client
  if (secret === undefined) return publicClient({ id })
  const { tokenDialect, clientSecretMethod } = provider
  return tokenDialect === undefined
    ? clientSecretBy(clientSecretMethod, { id, secret })
    : dialectAuthentication(tokenDialect, { id, secret })
}
