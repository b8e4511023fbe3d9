import {
  type Clock,
  EvergrantError,
  type Failure,
  fail,
  type HttpResponse,
  type Transport,
} from '@evergrant/core'
import { metadataUrls, readMetadata, type UrlParts } from '@evergrant/core/flows'
import { createRemoteJWKSet, customFetch, type FetchImplementation, type RemoteJWKSet } from 'jose'

export interface IssuerKeysOptions {
  readonly issuer: string | undefined
  readonly jwksUri: string | undefined
  readonly transport: Transport
  readonly cacheMs: number
  readonly cooldownMs: number
  readonly now: Clock['now']
}

const TIMEOUT_MS = 5_000
const BODY_BYTES_MAX = 262_144
/** How long a failure to fetch is answered from memory. */
const FAILURE_PAUSE_MS = 1_000

/** The public keys of an issuer: found where its metadata says, fetched when needed, kept for a while. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions
  #keys: Promise<RemoteJWKSet> | undefined
  #failure: { readonly error: EvergrantError; readonly until: number } | undefined

  constructor(options: IssuerKeysOptions) {
    this.#options = options
  }

  /** What jose asks for keys. One at a time finds out where they are; a failure to do so is not remembered for long. */
  resolver(): Promise<RemoteJWKSet> {
    this.#keys ??= this.#find().catch((error: unknown) => {
      this.#keys = undefined
      throw error
    })
    return this.#keys
  }

  async #find(): Promise<RemoteJWKSet> {
    const { jwksUri = await this.#discover(), cacheMs, cooldownMs } = this.#options
    return createRemoteJWKSet(new URL(jwksUri), {
      timeoutDuration: TIMEOUT_MS,
      cacheMaxAge: cacheMs,
      cooldownDuration: cooldownMs,
      [customFetch]: this.#fetch,
    })
  }

  readonly #fetch: FetchImplementation = async url => {
    const { status, body } = await this.#get(url)
    if (status === 200) return new Response(body)
    const message = `The keys of the issuer cannot be fetched (status ${status}).`
    throw this.#noted(
      fail(status >= 500 || status === 429 ? 'server_error' : 'response_status', { status, message }),
    )
  }

  async #discover(): Promise<string> {
    const { issuer = '' } = this.#options
    const url = parseUrl(issuer)
    for (const address of url === undefined ? [] : metadataUrls(url)) {
      const response = await this.#get(address)
      const result = readMetadata(response, { issuer, endpointHosts: [], strict: false, parseUrl })
      if (result.ok && result.provider.jwksUri !== undefined) return result.provider.jwksUri
      if (!result.ok && response.status === 200) throw new EvergrantError(result.failure)
    }
    const message = `The issuer ${issuer} does not say where its keys are; configure jwksUri.`
    throw new EvergrantError(fail('endpoint_missing', { message }))
  }

  /** Fetches a document; right after a failure, nothing is fetched and the failure told again. */
  async #get(url: string): Promise<HttpResponse> {
    const { transport, now } = this.#options
    if (this.#failure !== undefined && now() < this.#failure.until) throw this.#failure.error
    this.#failure = undefined
    const request = {
      method: 'GET',
      url,
      headers: [['accept', 'application/json, application/jwk-set+json']],
      body: undefined,
      secrets: [],
    } as const
    try {
      return await transport.send(request, { timeoutMs: TIMEOUT_MS, bodyBytesMax: BODY_BYTES_MAX })
    } catch (error) {
      throw this.#noted(EvergrantError.is(error) ? error : fail('transport_failed'))
    }
  }

  #noted(failure: Failure): EvergrantError {
    const error = new EvergrantError(failure)
    this.#failure = { error, until: this.#options.now() + FAILURE_PAUSE_MS }
    return error
  }
}

function parseUrl(text: string): UrlParts | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
