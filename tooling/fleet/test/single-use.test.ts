import type { PolicyNumbers } from '@evergrant/core'
import type { BaiduSandboxOptions } from '@evergrant/testkit'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, type Given, startFleet } from '../src/index.ts'
import { FamilyHistory } from './support/family-history.ts'
import { PLACES, type Place } from './support/places.ts'
import { expectAlive, presentedTwice } from './support/verdicts.ts'

let fleet: Fleet | undefined
let place: Place | undefined

afterEach(async () => {
  await fleet?.close()
  await place?.close()
})

const ROUNDS = 6
/** A longer run: `EVERGRANT_ROTATIONS=1000 EVERGRANT_PROCESSES=16`. */
const ROTATIONS = Number(process.env.EVERGRANT_ROTATIONS ?? 3)
const PROCESSES = Number(process.env.EVERGRANT_PROCESSES ?? 3)
/** A long run is not to be about answers that are late because everybody wants the processor. */
const LIMITS =
  ROTATIONS > 100
    ? { requestTimeoutMs: 5_000, commitBudgetMs: 1_000, leaseMs: 6_100 }
    : { requestTimeoutMs: 1_000, commitBudgetMs: 500, leaseMs: 1_600 }
const POLICY = { ...LIMITS, pollMs: 100, freshForMs: 0 }
const ROTATIONS_PER_BLOW = ROTATIONS > 100 ? 10 : 2
/** The first blow spares nobody, and so does every further one after so many. */
const BLOWS_PER_FALL = 10
const GRACE_MS = 30_000

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

  it.each<readonly [string, BaiduSandboxOptions, Partial<PolicyNumbers>]>([
    ['loses the grant only where an answer was lost', {}, {}],
    [
      'loses nothing where the server has a grace period',
      { refreshGraceMs: GRACE_MS },
      { replayWindowMs: GRACE_MS - POLICY.requestTimeoutMs },
    ],
  ])(
    `in ${ROTATIONS} rotations, with processes killed at random, %s`,
    async (title, server, policy) => {
      place = await makePlace()
      const history = new FamilyHistory()
      fleet = await startFleet({
        store: place.store,
        size: 0,
        sandbox: {
          lifetimeSeconds: 3_600,
          latencyMs: 30,
          reuseEndsFamily: true,
          ...server,
          onRequest: history.onRequest,
        },
        worker: { policy: { ...POLICY, ...policy } },
      })
      await endure(fleet, history)
      if (ROTATIONS > 100) console.info(`${title}: ${history.summary}`)
      expectAlive(history.answers)
      expect(history.count('expired_token')).toBe(0)
      const reasons = new Set(history.answers.flatMap(({ failures }) => failures))
      expect([...reasons].filter(reason => reason !== 'response_lost')).toEqual([])
      expect(history.generations).toBeGreaterThanOrEqual(ROTATIONS)
      if ('refreshGraceMs' in server) {
        expect([history.losses, history.count('token_again') > 0]).toEqual([[], true])
      } else expect([history.lostTo('nothing'), history.lostTo('answer') > 0]).toEqual([0, true])
    },
    1_800_000,
  )
})

/** Whom a blow hits, and when: while they ask, or when an answer is on its way. */
const BLOW = fc.record({
  victims: fc.uniqueArray(fc.nat(PROCESSES - 1), { minLength: 1, maxLength: Math.min(3, PROCESSES - 1) }),
  moment: fc.constantFrom('asking', 'answering'),
})

/** Rotates again and again; kills processes and starts others in their place; signs in anew where the grant is lost. */
async function endure(alive: Fleet, history: FamilyHistory): Promise<void> {
  const { sandbox, workers } = alive
  const everybody = Array.from({ length: PROCESSES }, (_, index) => index)
  let refreshToken = sandbox.signIn()
  for (let i = 0; i < PROCESSES; i++) await alive.join({ refreshToken })
  const blows = fc.sample(BLOW, ROTATIONS)
  for (let round = 0; history.generations < ROTATIONS && round < 4 * ROTATIONS; round++) {
    const number = round / ROTATIONS_PER_BLOW
    const isFall = number % BLOWS_PER_FALL === 0
    const { victims, moment } = isFall
      ? { victims: everybody, moment: 'answering' }
      : (blows[number] ?? { victims: [], moment: 'asking' })
    const strike = () => Promise.all(victims.map(index => workers[index]?.kill()))
    history.killed(victims.length)
    if (moment === 'answering') history.atNextToken(strike)
    const asking = Promise.allSettled(workers.map(worker => worker.ask(3, 20_000)))
    if (moment === 'asking') await strike()
    const settled = (await asking).flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    // Where no token was issued, the blow falls now.
    history.atNextToken(undefined)
    await strike()
    let early: Promise<Given> | undefined
    // Two at a time: starting a process is work for a whole core.
    for (let i = 0; i < victims.length; i += 2) {
      await Promise.all(victims.slice(i, i + 2).map(index => alive.replace(index, { refreshToken })))
      // A grace period does not wait until everybody is back.
      if (isFall) early ??= workers[victims[0] ?? 0]?.ask(3, 20_000)
    }
    // Whoever was refused was told that an answer was lost, which no client can do anything about: sign in again.
    if (history.add(early === undefined ? settled : [...settled, await early])) {
      refreshToken = sandbox.signIn()
      await Promise.all(workers.map(worker => worker.begin(refreshToken)))
    }
    await Promise.all(workers.map(worker => worker.reject()))
  }
}
