import {
  causeCode,
  fail,
  type HttpRequest,
  type HttpResponse,
  isUnconnected,
  isUntrusted,
  maySendCredentials,
  networkFailure,
  requestTimedOut,
  type SendLimits,
  type Transport,
  TransportError,
} from '@evergrant/core'

export interface FetchTransportOptions {
  /** The fetch to use; the global one by default. */
  readonly fetch?: typeof fetch
  /**
   * Allow plain http to this very machine, for local sandboxes. `false` by default. Where `fetch` goes through a proxy
   * (`NODE_USE_ENV_PROXY`), that would see it: have `NO_PROXY` name this machine.
   */
  readonly allowInsecureLoopback?: boolean
}

/**
 * Token requests over the runtime's own `fetch`: everywhere, and with nothing to install. It leaves proxies,
 * certificates and connection limits to the runtime; an adapter that owns its connections can promise more.
 */
export function fetchTransport(options: FetchTransportOptions = {}): Transport {
  const { allowInsecureLoopback = false } = options
  return {
    async send(request, limits) {
      const url = new URL(request.url)
      if (!maySendCredentials(url, allowInsecureLoopback)) {
        throw new TransportError(fail('insecure_endpoint'), 'not_sent')
      }
      const send = options.fetch ?? fetch
      const signal = AbortSignal.timeout(limits.timeoutMs)
      try {
        return await exchange(send, request, limits, signal)
      } catch (error) {
        throw TransportError.is(error) ? error : transportError(error, signal, url)
      }
    },
  }
}

async function exchange(
  send: typeof fetch,
  request: HttpRequest,
  limits: SendLimits,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { status, headers, body } = await send(request.url, {
    method: request.method,
    headers: request.headers.map(([name, value]): [string, string] => [name, value]),
    body: request.body ?? null,
    // A redirect is answered to the caller: following it could carry credentials elsewhere.
    redirect: 'manual',
    cache: 'no-store',
    signal,
  })
  return { status, headers: [...headers], body: await readText(body, limits.bodyBytesMax) }
}

/** The body as text, up to a size that is counted after decompression. */
async function readText(body: ReadableStream<Uint8Array> | null, bytesMax: number): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  let bytes = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (bytes > bytesMax) throw new TransportError(fail('response_too_large'), 'unknown')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** What went wrong, and whether the request can have been sent: `fetch` tells by its cause, or not at all. */
function transportError(error: unknown, signal: AbortSignal, { host }: URL): TransportError {
  const code = causeCode(error)
  const failure = signal.aborted ? requestTimedOut(host) : networkFailure(code, host)
  return new TransportError(failure, isUnconnected(error) || isUntrusted(code) ? 'not_sent' : 'unknown')
}
