import {
  causeCode,
  fail,
  maySendCredentials,
  networkFailure,
  requestTimedOut,
  type Transport,
  TransportError,
} from '@evergrant/core'

/**
 * Fetches public documents with the runtime's own `fetch`, over https only unless loopback is allowed: whoever could
 * change them on their way could sign in the issuer's name. Redirects are not followed.
 */
export function getTransport(allowInsecureLoopback: boolean): Transport {
  return {
    async send({ url, headers }, { timeoutMs, bodyBytesMax }) {
      const asked = new URL(url)
      if (!maySendCredentials(asked, allowInsecureLoopback)) {
        throw new TransportError(fail('insecure_endpoint'), 'not_sent')
      }
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const list = headers.map(([name, value]): [string, string] => [name, value])
        const response = await fetch(url, { headers: list, redirect: 'manual', signal })
        const body = await textOf(response, bodyBytesMax)
        return { status: response.status, headers: [...response.headers], body }
      } catch (error) {
        if (TransportError.is(error)) throw error
        const failure = signal.aborted
          ? requestTimedOut(asked.host)
          : networkFailure(causeCode(error), asked.host)
        throw new TransportError(failure, 'unknown')
      }
    },
  }
}

async function textOf({ body }: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new TransportError(fail('response_too_large'), 'unknown')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
