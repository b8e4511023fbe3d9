import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { bareRequest } from '../bare-request.ts'
import type { FleetProgram } from '../fleet-program.ts'
import { sharedCalls } from '../shared-calls.ts'

const POLL_MS = 10

/** By hand: who sets the lock asks for the token, and the others look every 10 ms whether it is there. */
export function open(redisUrl: string): FleetProgram {
  const redis = new Redis(redisUrl)
  return {
    callerOf: sharedCalls(async endpoint => {
      for (;;) {
        const token = await redis.get(`token:${endpoint.id}`)
        if (token !== null) return token
        if ((await redis.set(`lock:${endpoint.id}`, '1', 'PX', 10_000, 'NX')) === 'OK') {
          const fetched = await bareRequest(endpoint)
          await redis.set(`token:${endpoint.id}`, fetched, 'EX', 3_600)
          return fetched
        }
        await sleep(POLL_MS)
      }
    }),
  }
}
