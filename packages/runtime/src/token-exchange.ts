import {
  type HttpResponse,
  refusesExchange,
  type Secret,
  type TokenRequest,
  type TokenSupply,
  tokenTypeIdentifier,
} from '@evergrant/core'
import { readSecret } from './secret.ts'

/** A token that is exchanged for another: read, or asked of its source, each time it is needed; never stored. */
export type ExchangedToken = Secret | Pick<TokenSupply, 'token' | 'reject'>

export interface TokenExchangeOptions {
  /**
   * Stands for the subject. One that comes from a source and has been exchanged before is replaced there when the
   * server refuses it, and the request is made again, once.
   */
  readonly subjectToken: ExchangedToken
  /** `access_token` by default; `id_token`, `jwt`, `saml2` and the like, or a whole identifier (RFC 8693 §3). */
  readonly subjectTokenType?: string
  /** Who acts for the subject, if it is not the client: a name that keeps its grants apart, and its token. */
  readonly actor?: {
    readonly name: string
    readonly token: ExchangedToken
    /** `access_token` by default. */
    readonly tokenType?: string
  }
  /** What is wanted; the server decides when it is absent. Only access tokens can be handed out. */
  readonly requestedTokenType?: string
}

/** Brings the tokens that are exchanged to the requests of one source, on their way out. */
export interface Exchange {
  /** The request with the tokens. Rejects as their sources do. */
  complete(request: TokenRequest): Promise<TokenRequest>
  /** Hears of the answer. Whether another subject's token may help, and the request is to be made again. */
  heard(response: HttpResponse): boolean
  /** What a good answer may give back, and is no echo: a server may find that the token will do as it is. */
  returnedBy(response: HttpResponse): readonly string[]
}

/** A grant that is obtained in exchange for another token: made by `tokenExchange()`. */
export interface ExchangeGrant {
  readonly type: 'token_exchange'
  /** Parameters of the request that are no secrets. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** The name of who acts for the subject; `undefined` when it is the client itself. */
  readonly actor: string | undefined
  /** Called once for each source. */
  open(): Exchange
}

/**
 * A token in exchange for another (RFC 8693), and again whenever it ends. The source that is given it must say whose
 * token it is, by `subject`.
 */
export function tokenExchange(options: TokenExchangeOptions): ExchangeGrant {
  const { subjectTokenType = 'access_token', actor, requestedTokenType } = options
  const types: [string, string | undefined][] = [
    ['subject_token_type', subjectTokenType],
    ['actor_token_type', actor && (actor.tokenType ?? 'access_token')],
    ['requested_token_type', requestedTokenType],
  ]
  return {
    type: 'token_exchange',
    parameters: types.flatMap(([name, type]) =>
      type === undefined ? [] : [[name, tokenTypeIdentifier(type)] as const],
    ),
    actor: actor?.name,
    open: () => new SourceExchange(options),
  }
}

class SourceExchange implements Exchange {
  readonly #options: TokenExchangeOptions
  /** What was presented last: the subject's token, and the actor's. */
  #presented: readonly string[] = []
  /** The subject's token that the server accepted last. */
  #accepted: string | undefined

  constructor(options: TokenExchangeOptions) {
    this.#options = options
  }

  async complete(request: TokenRequest): Promise<TokenRequest> {
    const { subjectToken, actor } = this.#options
    const subject = await textOf(subjectToken, 'subject token')
    const acting = actor && (await textOf(actor.token, 'actor token'))
    const tokens: [string, string][] = [['subject_token', subject]]
    if (acting !== undefined) tokens.push(['actor_token', acting])
    this.#presented = tokens.map(([, token]) => token)
    return {
      ...request,
      parameters: [...request.parameters, ...tokens],
      secrets: [...request.secrets, ...this.#presented],
    }
  }

  heard(response: HttpResponse): boolean {
    const { subjectToken } = this.#options
    const [subject] = this.#presented
    if (response.status === 200) this.#accepted = subject
    if (subject === undefined || !refusesExchange(response)) return false
    // One that was never accepted is not to blame: another would be refused for the same reason.
    if (subject !== this.#accepted || !('reject' in subjectToken)) return false
    this.#accepted = undefined
    subjectToken.reject(subject)
    return true
  }

  returnedBy({ status, body }: HttpResponse): readonly string[] {
    return status === 200 && !body.includes('"error"') ? this.#presented : []
  }
}

async function textOf(from: ExchangedToken, what: string): Promise<string> {
  return 'token' in from ? (await from.token()).accessToken : readSecret(from, what)
}
