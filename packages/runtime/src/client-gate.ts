import type { Advice, ClientAuthentication, HttpRequest, Provider, TokenRequest } from '@evergrant/core'
import { type ClientCredentials, clientSecretBy, publicClient } from './client-authentication.ts'
import { readSecret } from './secret.ts'

/** A client that authenticates with its secret, or in a way of its own; or a public one, with nothing but its id. */
export interface Client {
  readonly id: ClientCredentials['id']
  /** Absent for a public client, and for one that authenticates in a way of its own. */
  readonly secret?: ClientCredentials['secret']
  /** Goes before a secret. Absent: as the provider says. */
  readonly authentication?: ClientAuthentication
}

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
    this.#authentication = authenticationOf(provider, client)
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
    const { id, secret, authentication } = this.#client
    const { doubtClient } = this.#provider
    if (secret === undefined || authentication !== undefined || doubtClient === undefined) return undefined
    return doubtClient(await readSecret(id, 'client id'), await readSecret(secret, 'client secret'))
  }
}

function authenticationOf(provider: Provider, client: Client): ClientAuthentication {
  if (client.authentication !== undefined) return client.authentication
  const { id, secret } = client
  return secret === undefined
    ? publicClient({ id })
    : clientSecretBy(provider.clientSecretMethod, { id, secret })
}
