import type { Endpoint } from './library.ts'

/**
 * What everybody writes first who shares tokens by hand: callers of a process share one promise, and the token is
 * kept. Without the renewal before its end, which is the harder half.
 */
export function sharedCalls(
  obtain: (endpoint: Endpoint) => Promise<string>,
): (endpoint: Endpoint) => () => Promise<string> {
  const promises = new Map<string, Promise<string>>()
  return endpoint => () => {
    const known = promises.get(endpoint.id)
    if (known !== undefined) return known
    const promise = obtain(endpoint)
    promises.set(endpoint.id, promise)
    promise.catch(() => promises.delete(endpoint.id))
    return promise
  }
}
