import {
  eventually,
  type RedisServer,
  type SentinelRedis,
  sentinelRedis,
  startServer,
  tcpProxy,
} from '@evergrant/tooling-redis'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, startFleet, type WorkerStore } from '../src/index.ts'
import { expectAlive, expectOneToken, presentedTwice } from './support/verdicts.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Short, so that a test need not wait for long. */
const POLICY = { requestTimeoutMs: 2_000, commitBudgetMs: 1_000, leaseMs: 3_200, pollMs: 100, freshForMs: 0 }

async function server(config: readonly string[] = []): Promise<RedisServer> {
  const started = await startServer({ config })
  closing.push(() => started.close())
  return started
}

async function sentinel(): Promise<SentinelRedis> {
  const started = await sentinelRedis()
  closing.push(() => started.close())
  return started
}

async function fleetOn(store: WorkerStore, worker: object = {}): Promise<Fleet> {
  const fleet = await startFleet({
    store,
    size: 0,
    sandbox: { latencyMs: 20 },
    worker: { policy: POLICY, ...worker },
  })
  closing.push(() => fleet.close())
  return fleet
}

async function grown(fleet: Fleet, size: number, worker: object = {}): Promise<Fleet> {
  for (let i = 0; i < size; i++) await fleet.join(worker)
  return fleet
}

/** Everybody comes to have the same token: soon, for a store that was away is not asked again at once. */
async function expectAgreement(fleet: Fleet): Promise<void> {
  await eventually('all have the same token', async () => {
    const answers = await fleet.askAll(5)
    expectAlive(answers)
    const given = answers.flatMap(({ tokens }) => tokens)
    const complete = answers.every(({ failures }) => failures.length === 0)
    return complete && new Set(given.map(({ fingerprint }) => fingerprint)).size === 1
  })
}

/** The token is not accepted any more, and everybody comes to have another. */
async function expectNextToken(fleet: Fleet): Promise<void> {
  const [before] = await fleet.askAll()
  await Promise.all(fleet.workers.map(worker => worker.reject()))
  await expectAgreement(fleet)
  const [after] = await fleet.askAll()
  expect(after?.tokens[0]?.generation).toBeGreaterThan(before?.tokens[0]?.generation ?? 0)
}

describe('a fleet whose Redis', () => {
  it('restarts without its data serves what it has, and does not renew for that', async () => {
    const redis = await server()
    const fleet = await grown(await fleetOn({ kind: 'redis', url: redis.url }), 4)
    expectOneToken(await fleet.askAll(5))
    await redis.kill()
    expectOneToken(await fleet.askAll(5))
    await redis.start()
    expectOneToken(await fleet.askAll(5))
    expect(fleet.sandbox.counts.tokenRequests).toBe(1)
    await expectNextToken(fleet)
    // Who finds the store still away asks for itself.
    expect(fleet.sandbox.counts.tokenRequests).toBeLessThanOrEqual(1 + fleet.workers.length)
  })

  it('is gone renews without it where that costs nothing, each process for itself, and rarely', async () => {
    const redis = await server()
    const fleet = await grown(await fleetOn({ kind: 'redis', url: redis.url }), 3)
    expectOneToken(await fleet.askAll(5))
    await redis.kill()
    await Promise.all(fleet.workers.map(worker => worker.reject()))
    const answers = await fleet.askAll(5)
    expect(answers.flatMap(({ failures }) => failures)).toEqual([])
    expectAlive(answers)
    expect(fleet.sandbox.counts.tokenRequests).toBeLessThanOrEqual(4)
    await redis.start()
    await expectNextToken(fleet)
  })

  it('is cut off does not spend a refresh token that works once, and goes on when it is back', async () => {
    const redis = await server()
    const proxy = await tcpProxy(redis.port)
    closing.push(() => proxy.close())
    const fleet = await fleetOn({ kind: 'redis', url: `redis://127.0.0.1:${proxy.port}` })
    await grown(fleet, 3, { refreshToken: fleet.sandbox.signIn() })
    expectOneToken(await fleet.askAll(5))
    const { tokenRequests } = fleet.sandbox.counts
    proxy.mode = 'blackhole'
    await Promise.all(fleet.workers.map(worker => worker.reject()))
    const answers = await fleet.askAll(1, 4_000)
    const codes = new Set(answers.flatMap(({ failures }) => failures))
    expect([...codes].filter(code => code !== 'store_unreachable' && code !== 'call_timed_out')).toEqual([])
    expect(fleet.sandbox.counts.tokenRequests).toBe(tokenRequests)
    proxy.mode = 'pass'
    await expectAgreement(fleet)
    expect(presentedTwice(fleet)).toEqual([])
  })

  it('is promoted from a replica goes on, and no refresh token is presented twice', async () => {
    const redis = await sentinel()
    const fleet = await fleetOn({ kind: 'sentinel', port: redis.sentinel.port, name: redis.name })
    await grown(fleet, 3, { refreshToken: fleet.sandbox.signIn() })
    expectOneToken(await fleet.askAll(5))
    const master = await redis.master()
    await master.kill()
    await Promise.all(fleet.workers.map(worker => worker.reject()))
    const answers = await fleet.askAll(5)
    expect(answers.flatMap(({ failures }) => failures).filter(code => code !== 'store_unreachable')).toEqual(
      [],
    )
    await eventually('the replica is master', async () => (await redis.master()) !== master)
    await expectAgreement(fleet)
    await expectNextToken(fleet)
    expect(presentedTwice(fleet)).toEqual([])
  })
})
