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
const ROUNDS = 10
/** A longer run: `EVERGRANT_ROTATIONS=1000 EVERGRANT_PROCESSES=16`. */
const ROTATIONS = Number(process.env.EVERGRANT_ROTATIONS ?? 8)
const PROCESSES = Number(process.env.EVERGRANT_PROCESSES ?? 4)
const ROTATIONS_PER_KILL = ROTATIONS > 100 ? 20 : 2

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

  it(`survives ${ROTATIONS} rotations and the killing of processes at random; what is lost was lost with an answer`, async ({
    annotate,
  }) => {
    place = await makePlace()
    fleet = await startFleet({
      store: place.store,
      size: 0,
      sandbox: { lifetimeSeconds: 3_600, latencyMs: 30 },
      worker: { policy: POLICY },
    })
    let refreshToken = fleet.sandbox.signIn()
    for (let i = 0; i < PROCESSES; i++) await fleet.join({ refreshToken })
    const kills = Math.ceil(ROTATIONS / ROTATIONS_PER_KILL)
    const [victims] = fc.sample(fc.array(fc.nat(PROCESSES - 1), { minLength: kills, maxLength: kills }), 1)
    const answers: Given[] = []
    let lost = 0
    for (let round = 0; round < ROTATIONS; round++) {
      const victim = victims?.[round / ROTATIONS_PER_KILL]
      const asking = Promise.allSettled(fleet.workers.map(worker => worker.ask(3, 20_000)))
      if (victim !== undefined) await fleet.workers[victim]?.kill()
      const settled = (await asking).flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
      answers.push(...settled)
      // Whoever was refused was told that an answer was lost, which no client can do anything about: sign in again.
      if (settled.some(({ failures }) => failures.includes('response_lost'))) {
        lost += 1
        refreshToken = fleet.sandbox.signIn()
        await Promise.all(fleet.workers.map(worker => worker.kill()))
        for (let i = 0; i < PROCESSES; i++) await fleet.replace(i, { refreshToken })
      } else if (victim !== undefined) await fleet.replace(victim, { refreshToken })
      await Promise.all(fleet.workers.map(worker => worker.reject()))
    }
    await annotate(`${ROTATIONS} rotations, ${kills} kills, ${lost} lost answers`)
    expectAlive(answers)
    expect(presentedTwice(fleet)).toEqual([])
    const reasons = new Set(answers.flatMap(({ failures }) => failures))
    reasons.delete('response_lost')
    expect([[...reasons], lost <= kills]).toEqual([[], true])
  }, 900_000)
})
