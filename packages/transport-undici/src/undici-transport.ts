import {
  EvergrantError,
  fail,
  type HttpRequest,
  type HttpResponse,
  maySendCredentials,
  type Secret,
  type SendLimits,
  type Transport,
  TransportError,
} from '@evergrant/core'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { type ClientCertificate, readClientCertificate } from './client-certificate.ts'
import { exchange, type OutgoingRequest } from './exchange.ts'
import { proxyClient } from './proxy-client.ts'
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
  /** Longest time to connect, TLS and a proxy's answer included, each in ms. 1 or more, 5,000 by default. */
  readonly connectTimeoutMs?: number
  /** Longest time from the request to the answer's header, and between two pieces of its body, in ms. 10,000 by default. */
  readonly answerTimeoutMs?: number
  /** Allow plain http to this very machine, for local sandboxes. `false` by default. */
  readonly allowInsecureLoopback?: boolean
  /**
   * Whether to use the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`). `true` by default. What is sent in
   * clear, to this very machine, is sent past it.
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
 * followed. Every request has a connection of its own, which is ended with it: a token endpoint is asked
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
  const underWay = new Set<Promise<unknown>>()
  let shown: ClientCertificate | undefined

  async function ask(request: HttpRequest, url: URL, limits: SendLimits): Promise<HttpResponse> {
    const outgoing = dispatchOptions(request, url)
    if (options.dispatcher !== undefined)
      return exchange(options.dispatcher, { ...outgoing, ...NO_REDIRECTS }, limits)
    if (cert !== undefined && key !== undefined) shown = await readClientCertificate(cert, key, () => shown)
    const own = makeDispatcher(options, url, { ...identity, ...shown })
    try {
      return await exchange(own, outgoing, limits)
    } finally {
      // Whatever it is still doing, as connecting to a proxy that does not answer, is of no use to anybody.
      own.destroy().catch(() => undefined)
    }
  }

  return {
    async send(request, limits) {
      const url = new URL(request.url)
      if (!maySendCredentials(url, allowInsecureLoopback) || strict.forbids(url)) {
        throw new TransportError(fail('insecure_endpoint'), 'not_sent')
      }
      const asking = ask(request, url, limits)
      underWay.add(asking)
      try {
        const response = await asking
        strict.learn(url, response.headers)
        return response
      } finally {
        underWay.delete(asking)
      }
    },
    async close() {
      await Promise.allSettled(underWay)
    },
  }
}

/** What an interceptor for redirects goes by. */
const NO_REDIRECTS = { maxRedirections: 0 }

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
  url: URL,
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
  // What goes in clear goes to this very machine, and through nobody's hands.
  if (options.proxyFromEnvironment === false || url.protocol === 'http:' || proxyVariables().length === 0) {
    return new Agent({ ...settings, connect: requestTls })
  }
  const clientFactory = proxyClient(tls.timeout)
  try {
    return new EnvHttpProxyAgent({
      ...settings,
      connect: requestTls,
      requestTls,
      proxyTls: tls,
      clientFactory,
    })
  } catch {
    const message = `Invalid option: ${proxyVariables().join(' or ')} is no URL of a proxy; one begins with http:// or https://.`
    throw new TransportError(fail('invalid_option', { message }), 'not_sent')
  }
}

/** The variables of the environment that name a proxy. Their values may hold its password. */
function proxyVariables(): readonly string[] {
  return ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].filter(name => process.env[name])
}
