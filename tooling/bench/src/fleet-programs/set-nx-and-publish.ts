import { Redis } from 'ioredis'
import { bareRequest } from '../bare-request.ts'
import type { FleetProgram } from '../fleet-program.ts'
import type { Endpoint } from '../library.ts'
import { sharedCalls } from '../shared-calls.ts'

/**
 * By hand, and as fast as it can be: the others wait for a message that brings the token itself. A lost message, or
 * the end of the process that asks, leaves them waiting for good: a floor, not a program to use.
 */
export function open(redisUrl: string): FleetProgram {
  const redis = new Redis(redisUrl)
  const listener = new Redis(redisUrl)
  const waiting = new Map<string, (token: string) => void>()
  listener.subscribe('tokens')
  listener.on('message', (_channel, message) => {
    const [id = '', token = ''] = message.split(' ')
    waiting.get(id)?.(token)
    waiting.delete(id)
  })

  async function lead(endpoint: Endpoint): Promise<void> {
    const token = await bareRequest(endpoint)
    await redis.set(`token:${endpoint.id}`, token, 'EX', 3_600)
    await redis.publish('tokens', `${endpoint.id} ${token}`)
  }

  return {
    callerOf: sharedCalls(async endpoint => {
      const told = new Promise<string>(resolve => waiting.set(endpoint.id, resolve))
      if ((await redis.set(`lock:${endpoint.id}`, '1', 'PX', 10_000, 'NX')) === 'OK') await lead(endpoint)
      // Who comes late has missed the message.
      return (await redis.get(`token:${endpoint.id}`)) ?? told
    }),
  }
}
