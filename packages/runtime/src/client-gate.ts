import type { Advice, ClientAuthentication, HttpRequest, Provider, TokenRequest } from '@evergrant/core'
import { type ClientCredentials, clientSecretBy } from './client-authentication.ts'
import { readSecret } from './secret.ts'

/** A client that authenticates with its secret, or in a way of its own. */
export type Client =
  | ClientCredentials
  | { readonly id: ClientCredentials['id']; readonly authentication: ClientAuthentication }

/** The way out: authenticates each request, and looks once whether id and secret look right. */
export class ClientGate {
  /** What looked wrong about the client's id or secret, by their shape. */
  doubt: Advice | undefined
  readonly #authentication: ClientAuthentication
  readonly #client: Client
  readonly #provider: Provider
  #looked = false

  constructor(provider: Provider, client: Client) {
    this.#provider = provider
    this.#client = client
    this.#authentication =
      'authentication' in client ? client.authentication : clientSecretBy(provider.clientSecretMethod, client)
  }

  /** Calls `onDoubt` before the first request if the client looks doubtful. */
  async authenticate(request: TokenRequest, onDoubt: (advice: Advice) => void): Promise<HttpRequest> {
    const authenticated = await this.#authentication.authenticate(request)
    if (!this.#looked) {
      this.#looked = true
      this.doubt = await this.#look()
      if (this.doubt !== undefined) onDoubt(this.doubt)
    }
    return authenticated
  }

  async #look(): Promise<Advice | undefined> {
    if (!('secret' in this.#client) || this.#provider.doubtClient === undefined) return undefined
    const id = await readSecret(this.#client.id, 'client id')
    const secret = await readSecret(this.#client.secret, 'client secret')
    return this.#provider.doubtClient(id, secret)
  }
}
