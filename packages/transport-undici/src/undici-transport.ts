import {
  EvergrantError,
  fail,
  type HttpRequest,
  maySendCredentials,
  type Secret,
  type Transport,
  TransportError,
} from '@evergrant/core'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { type ClientCertificate, readClientCertificate } from './client-certificate.ts'
import { exchange, type OutgoingRequest } from './exchange.ts'
import { type PublicKeyPins, pinnedIdentity } from './public-key-pins.ts'
import { strictTransportMemory } from './strict-transport.ts'

export interface UndiciTransportOptions {
  /** Certificate authorities to trust instead of the system's, in PEM. */
  readonly ca?: string | readonly string[]
  /**
   * The client's certificate, with those that lead to its authority, and its private key, in PEM: for servers that ask
   * for one (RFC 8705). Secrets are read anew for every request, so that a certificate which was replaced is used with
   * the next one. Requests fail with `key_unusable` when the two are no certificate and the key to it.
   */
  readonly cert?: string | Secret
  readonly key?: string | Secret
  /**
   * Public keys that servers, or the authorities which vouch for them, must have, by host name, beside a valid
   * certificate. None by default. Name the next key of a server before it changes, or no token can be had from then on.
   */
  readonly pins?: PublicKeyPins
  /** Longest time to connect, TLS included, in ms. 1 or more, 5,000 by default. */
  readonly connectTimeoutMs?: number
  /** Longest time from the request to the answer's header, and between two pieces of its body, in ms. 10,000 by default. */
  readonly answerTimeoutMs?: number
  /** Allow plain http to this very machine, for local sandboxes. `false` by default. */
  readonly allowInsecureLoopback?: boolean
  /**
   * Whether to use the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). `true` by
   * default.
   */
  readonly proxyFromEnvironment?: boolean
  /**
   * A dispatcher of your own, instead of all of the above but `allowInsecureLoopback`: its TLS settings, its
   * proxy, its timeouts. It is not closed by `close()`.
   */
  readonly dispatcher?: Dispatcher
}

/**
 * Token requests over undici.
 *
 * https only, TLS 1.2 or later, certificates always verified, whatever the environment says. Redirects are not
 * followed. Every request has a connection of its own, which is closed after it: a token endpoint is asked
 * rarely, and a connection that was kept is most likely dead by then. A host that has demanded
 * Strict-Transport-Security is never spoken to in clear again.
 *
 * Throws an `EvergrantError` of code `invalid_option` for a certificate without its key or the other way round, and
 * for pins that are none.
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  const { allowInsecureLoopback = false, cert, key } = options
  if ((cert === undefined) !== (key === undefined)) {
    const message = 'Invalid option: a client certificate needs both cert and key.'
    throw new EvergrantError(fail('invalid_option', { message }))
  }
  const identity = options.pins && { checkServerIdentity: pinnedIdentity(options.pins) }
  const strict = strictTransportMemory()
  let own: Dispatcher | undefined
  let shown: ClientCertificate | undefined

  async function dispatcher(): Promise<Dispatcher> {
    if (options.dispatcher !== undefined) return options.dispatcher
    if (cert !== undefined && key !== undefined) {
      const certificate = await readClientCertificate(cert, key, shown)
      if (certificate !== shown) letGo()
      shown = certificate
    }
    own ??= makeDispatcher(options, { ...identity, ...shown })
    return own
  }

  function letGo(): void {
    const closing = own
    own = undefined
    // Requests that are under way have connections of their own, and come to their end.
    closing?.close().catch(() => undefined)
  }

  return {
    async send(request, limits) {
      const url = new URL(request.url)
      if (!maySendCredentials(url, allowInsecureLoopback) || strict.forbids(url)) {
        throw new TransportError(fail('insecure_endpoint'), 'not_sent')
      }
      const response = await exchange(await dispatcher(), dispatchOptions(request, url), limits)
      strict.learn(url, response.headers)
      return response
    },
    async close() {
      const closing = own
      own = undefined
      await closing?.close()
    },
  }
}

function dispatchOptions(request: HttpRequest, url: URL): OutgoingRequest {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    // Not to be asked for means not to be decompressed: an answer of a token endpoint is small.
    headers: [...request.headers.flat(), 'accept-encoding', 'identity'],
    body: request.body ?? null,
    reset: true,
  }
}

const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000

function makeDispatcher(
  options: UndiciTransportOptions,
  particulars: Partial<ClientCertificate> & { checkServerIdentity?: ReturnType<typeof pinnedIdentity> },
): Dispatcher {
  const tls = {
    minVersion: 'TLSv1.2' as const,
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot say otherwise.
    rejectUnauthorized: true,
    timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    ...(options.ca === undefined ? {} : { ca: [options.ca].flat() }),
  }
  const answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS
  const settings = {
    connect: tls,
    allowH2: false,
    pipelining: 1,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  }
  // Certificate and pins are for the server, and none of a proxy's business.
  const requestTls = { ...tls, ...particulars }
  if (options.proxyFromEnvironment === false || !namesProxy(process.env)) {
    return new Agent({ ...settings, connect: requestTls })
  }
  return new EnvHttpProxyAgent({ ...settings, connect: requestTls, requestTls, proxyTls: tls })
}

function namesProxy(environment: Readonly<Record<string, string | undefined>>): boolean {
  return ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].some(name => environment[name])
}
