import type { Redis } from 'ioredis'

/**
 * Keeps ioredis from printing that a Sentinel cannot be reached.
 *
 * To hear of failovers it connects to every Sentinel, and nobody listens for the errors of these connections, so
 * that each of them ends on the console. One of several Sentinels being down is no news to the store.
 */
export function withQuietSentinels(client: Redis): Redis {
  const connector: unknown = Reflect.get(client, 'connector')
  if (typeof connector !== 'object' || connector === null) return client
  const connect: unknown = Reflect.get(connector, 'connectToSentinel')
  if (typeof connect !== 'function') return client
  Reflect.set(connector, 'connectToSentinel', (...args: unknown[]) => {
    const sentinel: unknown = Reflect.apply(connect, connector, args)
    if (isEmitter(sentinel)) sentinel.on('error', () => undefined)
    return sentinel
  })
  return client
}

interface Emitter {
  on(event: 'error', listener: () => void): void
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function'
}
