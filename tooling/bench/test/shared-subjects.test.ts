import { type AnyRedis, anyRedis } from '@evergrant/tooling-redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CALL_PROGRAMS, loadCallProgram } from '../src/call-program.ts'
import { fleetProcesses } from '../src/fleet-processes.ts'
import { FLEET_LIBRARIES, type FleetProgramName } from '../src/fleet-program.ts'
import { KEY_LIBRARIES, keyOf, loadKeyProgram, tokenTextOf } from '../src/key-program.ts'
import { API_ANSWER, protectedApi } from '../src/protected-api.ts'
import { redisWatch } from '../src/redis-watch.ts'
import { TOKEN_TEXT, tokenEndpoint } from '../src/token-endpoint.ts'

/** Caches keep processes apart that ask at the same moment; locks and leases do not. */
const REQUESTS_OF_TWO: Readonly<Record<FleetProgramName, number>> = {
  limit: 2,
  evergrant: 1,
  'set-nx-and-publish': 1,
  'set-nx-and-poll': 1,
  redlock: 1,
  bentocache: 2,
  'async-cache-dedupe': 2,
}

describe('a fleet', () => {
  let redis: AnyRedis

  beforeAll(async () => {
    redis = await anyRedis()
  })
  afterAll(() => redis.close())

  it.each(FLEET_LIBRARIES)('of %s gives every caller of every process a token', async library => {
    const endpoint = await tokenEndpoint({ latencyMs: 300 })
    const prompt = await tokenEndpoint()
    const processes = await fleetProcesses({ library, redisUrl: redis.url }, 2)
    try {
      await processes.askApart(i => prompt.as(`${library}-test-${i}`))
      const answers = await processes.ask(endpoint.as(`${library}-test`), 5)
      expect(answers.map(({ tokens }) => tokens)).toEqual([[TOKEN_TEXT], [TOKEN_TEXT]])
      expect(endpoint.requestsOf(`${library}-test`)).toBe(REQUESTS_OF_TWO[library])
    } finally {
      await processes.close()
      await prompt.close()
      await endpoint.close()
    }
  })

  it('is watched: what clients send counts, and what scripts do does not', async () => {
    const watch = await redisWatch(redis.url)
    const endpoint = await tokenEndpoint()
    const processes = await fleetProcesses({ library: 'redlock', redisUrl: redis.url }, 1)
    try {
      await processes.ask(endpoint.as('first'), 1)
      await watch.taken()
      await processes.ask(endpoint.as('second'), 1)
      expect(await watch.taken()).toEqual(['get', 'evalsha', 'get', 'set', 'evalsha'])
      expect(await watch.taken()).toEqual([])
    } finally {
      watch.close()
      await processes.close()
      await endpoint.close()
    }
  })
})

describe('an authorized call', () => {
  it.each(CALL_PROGRAMS)('by %s is answered', async name => {
    const endpoint = await tokenEndpoint()
    const api = await protectedApi()
    try {
      const url = `${api.origin}/words`
      const call = (await loadCallProgram(name))({ origin: api.origin, url, endpoint: endpoint.as(name) })
      expect([await call(), await call()]).toEqual([API_ANSWER, API_ANSWER])
    } finally {
      await api.close()
      await endpoint.close()
    }
  })
})

describe('many keys', () => {
  it.each(KEY_LIBRARIES)('in %s are found, each with a token of its own', async library => {
    const program = (await loadKeyProgram(library))()
    for (let i = 1; i <= 3; i++) await program.add(keyOf(i), i)
    const found = await Promise.all([1, 2, 3].map(i => program.find(keyOf(i))))
    expect(found).toEqual([1, 2, 3].map(tokenTextOf))
    expect(await program.find(keyOf(4))).toBeUndefined()
  })
})
