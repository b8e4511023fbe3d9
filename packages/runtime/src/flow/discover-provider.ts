import {
  type Clock,
  EvergrantError,
  type Failure,
  fail,
  type Provider,
  type Transport,
} from '@evergrant/core'
import { metadataUrls, readMetadata, type UrlParts } from '@evergrant/core/flows'
import { fetchTransport } from '../fetch-transport.ts'
import { invalidOption } from '../invalid-option.ts'
import { sharedClock } from '../system-clock.ts'

export interface DiscoveryOptions {
  /** How requests are sent. The runtime's own `fetch` by default. */
  readonly transport?: Transport
  /** Hosts that endpoints may stand on, besides the issuer's own and those below it. None by default. */
  readonly endpointHosts?: readonly string[]
  /** Refuse harmless deviations from RFC 6749 §5.1 in later answers. `false` by default. */
  readonly strict?: boolean
  /** Use the endpoints for clients with a certificate (RFC 8705 §5), where there are any. `false` by default. */
  readonly mutualTls?: boolean
}

const TIMEOUT_MS = 10_000
const BODY_BYTES_MAX = 262_144

/**
 * A provider from its issuer URL: by RFC 8414 metadata, or OpenID Connect's where there is none.
 *
 * Rejects with `issuer_mismatch` (kind `distrust`) when the metadata is another issuer's or moves an endpoint to a host
 * that is not allowed, with `endpoint_not_found` when there is no metadata, and as the transport does: with a
 * `TransportError` when nothing answers.
 */
export async function discoverProvider(issuer: string, options: DiscoveryOptions = {}): Promise<Provider> {
  const url = parseUrl(issuer)
  if (url === undefined) {
    throw invalidOption(`the issuer "${issuer}" is not an absolute URL`)
  }
  const { transport = fetchTransport(), endpointHosts = [], strict = false, mutualTls = false } = options
  let missing: Failure | undefined
  for (const address of metadataUrls(url)) {
    const response = await transport.send(
      {
        method: 'GET',
        url: address,
        headers: [['accept', 'application/json']],
        body: undefined,
        secrets: [],
      },
      { timeoutMs: TIMEOUT_MS, bodyBytesMax: BODY_BYTES_MAX },
    )
    const result = readMetadata(response, { issuer, endpointHosts, strict, mutualTls, parseUrl })
    if (result.ok) return result.provider
    if (response.status === 200) throw new EvergrantError(result.failure)
    missing = result.failure
  }
  const message = `The issuer ${issuer} publishes no metadata; check the URL, or describe the provider by its endpoints.`
  throw new EvergrantError(
    fail('endpoint_not_found', { message, ...(missing?.status && { status: missing.status }) }),
  )
}

function parseUrl(text: string): UrlParts | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

export interface IssuerDirectoryOptions extends DiscoveryOptions {
  /** How long metadata counts as current, in ms. An hour by default. */
  readonly freshForMs?: number
  /** Most issuers to remember; the one asked for longest ago goes first. 100 by default. */
  readonly issuersMax?: number
  readonly clock?: Clock
}

/** Providers by issuer, remembered. */
export interface IssuerDirectory {
  /** As `discoverProvider`; metadata that is not current is used on while newer cannot be had. */
  provider(issuer: string): Promise<Provider>
}

interface Known {
  readonly provider: Provider
  readonly until: number
}

/** For a service with many issuers: one discovery at a time for each, and none while the last one is current. */
export function issuerDirectory(options: IssuerDirectoryOptions = {}): IssuerDirectory {
  const { freshForMs = 3_600_000, issuersMax = 100, clock = sharedClock() } = options
  const known = new Map<string, Known>()
  const underWay = new Map<string, Promise<Provider>>()

  function remember(issuer: string, provider: Provider): Provider {
    known.delete(issuer)
    known.set(issuer, { provider, until: clock.now() + freshForMs })
    if (known.size > issuersMax) known.delete(known.keys().next().value as string)
    return provider
  }

  function discover(issuer: string, last: Known | undefined): Promise<Provider> {
    const flight = discoverProvider(issuer, options)
      .then(provider => remember(issuer, provider))
      .catch((error: unknown) => {
        const passing = EvergrantError.is(error) && error.kind === 'retry'
        if (passing && last !== undefined) return last.provider
        throw error
      })
      .finally(() => underWay.delete(issuer))
    underWay.set(issuer, flight)
    return flight
  }

  return {
    async provider(issuer) {
      const last = known.get(issuer)
      if (last !== undefined && clock.now() < last.until) return last.provider
      return underWay.get(issuer) ?? discover(issuer, last)
    },
  }
}
