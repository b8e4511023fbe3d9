import { Redis } from 'ioredis'
import { bareRequest } from '../bare-request.ts'
import type { FleetProgram } from '../fleet-program.ts'

/** Between who asks and the last who waits: the lease, the storing of the token, and the reading of it. */
const ROUND_TRIPS = 3

/** What cannot be avoided, one after the other and in one process: the request, the round trips, one hop of a message. */
export function open(redisUrl: string): FleetProgram {
  const redis = new Redis(redisUrl)
  const listener = new Redis(redisUrl)
  listener.subscribe('limit')
  return {
    callerOf: endpoint => async () => {
      const token = await bareRequest(endpoint)
      for (let i = 0; i < ROUND_TRIPS; i++) await redis.get('limit')
      const told = new Promise(resolve => listener.once('message', resolve))
      await Promise.all([told, redis.publish('limit', '')])
      return token
    },
  }
}
