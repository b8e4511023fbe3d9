import { Redis } from 'ioredis'
import Redlock from 'redlock'
import { bareRequest } from '../bare-request.ts'
import type { FleetProgram } from '../fleet-program.ts'
import { sharedCalls } from '../shared-calls.ts'

/** A lock around looking for the token and asking for it, with the waiting times that the library has by default. */
export function open(redisUrl: string): FleetProgram {
  const redis = new Redis(redisUrl)
  const locks = new Redlock([redis])
  return {
    callerOf: sharedCalls(async endpoint => {
      const found = await redis.get(`token:${endpoint.id}`)
      if (found !== null) return found
      const lock = await locks.lock(`lock:${endpoint.id}`, 10_000)
      try {
        const meanwhile = await redis.get(`token:${endpoint.id}`)
        if (meanwhile !== null) return meanwhile
        const fetched = await bareRequest(endpoint)
        await redis.set(`token:${endpoint.id}`, fetched, 'EX', 3_600)
        return fetched
      } finally {
        await lock.unlock()
      }
    }),
  }
}
