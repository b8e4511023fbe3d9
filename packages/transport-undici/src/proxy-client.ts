import { causeCode, isUntrusted } from '@evergrant/core'
import { type Dispatcher, Pool } from 'undici'

/**
 * Connections to a proxy, which have to be there within the time for connecting, its answer to CONNECT included. What
 * goes wrong on the way to it is told as such (`PROXY_ECONNREFUSED`): whoever reads it would look for the mistake at the
 * token endpoint otherwise. And undici 7 would try without end to connect to a proxy that closes the connection.
 */
export function proxyClient(connectTimeoutMs: number): (origin: URL, options: object) => Dispatcher {
  return (origin, options) =>
    new ProxyClient(origin, { ...options, headersTimeout: connectTimeoutMs, bodyTimeout: connectTimeoutMs })
}

class ProxyClient extends Pool {
  override connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>
  override connect(
    options: Dispatcher.ConnectOptions,
    callback: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): void
  override connect(
    options: Dispatcher.ConnectOptions,
    callback?: (error: Error | null, data: Dispatcher.ConnectData) => void,
  ): Promise<Dispatcher.ConnectData> | undefined {
    if (callback !== undefined) {
      super.connect(options, callback)
      return undefined
    }
    return super.connect(options).catch((error: unknown) => {
      throw isUntrusted(causeCode(error)) ? error : ofProxy(error)
    })
  }
}

function ofProxy(error: unknown): Error {
  const code = causeCode(error) || 'ECONNRESET'
  return Object.assign(new Error('the proxy cannot be reached, or does not answer'), {
    code: `PROXY_${code}`,
  })
}
