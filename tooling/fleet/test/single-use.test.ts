import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, type Given, startFleet } from '../src/index.ts'
import { PLACES, type Place } from './support/places.ts'
import { expectAlive, presentedTwice } from './support/verdicts.ts'

let fleet: Fleet | undefined
let place: Place | undefined

afterEach(async () => {
  await fleet?.close()
  await place?.close()
})

const POLICY = { requestTimeoutMs: 1_000, commitBudgetMs: 500, leaseMs: 1_600, pollMs: 100, freshForMs: 0 }
const ROUNDS = 25

describe.each(PLACES)('a grant %s whose refresh token works once', (_, makePlace) => {
  it('is renewed again and again by eight processes, and no refresh token is presented twice', async () => {
    place = await makePlace()
    fleet = await startFleet({
      store: place.store,
      size: 0,
      sandbox: { lifetimeSeconds: 3_600, latencyMs: 20 },
      worker: { policy: POLICY },
    })
    const refreshToken = fleet.sandbox.signIn()
    for (let i = 0; i < 8; i++) await fleet.join({ refreshToken })
    const answers: Given[] = []
    for (let round = 0; round < ROUNDS; round++) {
      answers.push(...(await fleet.askAll(5)))
      await Promise.all(fleet.workers.map(worker => worker.reject()))
    }
    expect(answers.flatMap(({ failures }) => failures)).toEqual([])
    expectAlive(answers)
    expect(presentedTwice(fleet)).toEqual([])
    expect(fleet.sandbox.counts.tokensIssued).toBe(ROUNDS + 1)
  })

  it('survives the killing of processes at random; if it is lost, an answer was lost', async () => {
    place = await makePlace()
    fleet = await startFleet({
      store: place.store,
      size: 0,
      sandbox: { lifetimeSeconds: 3_600, latencyMs: 30 },
      worker: { policy: POLICY },
    })
    const refreshToken = fleet.sandbox.signIn()
    for (let i = 0; i < 4; i++) await fleet.join({ refreshToken })
    const [victims] = fc.sample(fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }), 1) as [number[]]
    const answers: Given[] = []
    for (const victim of victims) {
      const asking = Promise.allSettled(fleet.workers.map(worker => worker.ask(3, 20_000)))
      await fleet.workers[victim]?.kill()
      for (const settled of await asking) if (settled.status === 'fulfilled') answers.push(settled.value)
      await fleet.replace(victim, { refreshToken })
      await Promise.all(fleet.workers.map(worker => worker.reject()))
    }
    expectAlive(answers)
    expect(presentedTwice(fleet)).toEqual([])
    // Whoever was refused was told that an answer was lost, which no client can do anything about.
    const reasons = new Set(answers.flatMap(({ failures }) => failures))
    reasons.delete('response_lost')
    expect([...reasons]).toEqual([])
  })
})
