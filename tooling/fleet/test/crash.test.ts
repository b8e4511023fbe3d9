import { eventually } from '@evergrant/tooling-redis'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, type Gate, startFleet, type Worker } from '../src/index.ts'
import { PLACES, type Place } from './support/places.ts'
import { expectAlive, expectOneToken } from './support/verdicts.ts'

let fleet: Fleet | undefined
let place: Place | undefined

afterEach(async () => {
  await fleet?.close()
  await place?.close()
})

/** Short, so that a test need not wait for long; in the proportions of the defaults. */
const POLICY = { requestTimeoutMs: 2_000, commitBudgetMs: 1_000, leaseMs: 3_200, pollMs: 200 }

/** A fleet in which one worker holds the lease and stands before a gate, and the others wait for it. */
async function heldAt(
  gate: Gate,
  makePlace: () => Promise<Place>,
): Promise<{ holder: Worker; others: Fleet }> {
  place = await makePlace()
  fleet = await startFleet({ store: place.store, size: 3, worker: { policy: POLICY } })
  const holder = await fleet.join({ gates: [gate], policy: POLICY })
  holder.ask().catch(() => undefined)
  await holder.held(gate)
  return { holder, others: { ...fleet, workers: fleet.workers.slice(0, 3) } }
}

function askAll({ workers }: Fleet, callers = 10) {
  return Promise.all(workers.map(worker => worker.ask(callers)))
}

describe.each(PLACES)('a fleet %s whose holder is killed', (_, makePlace) => {
  it.each([
    // What the server has seen by the time everybody has a token.
    ['before the request', 'before_request', 1],
    ['after the answer and before the commit', 'before_commit', 2],
    ['after the commit', 'after_commit', 1],
  ] as const)('%s loses time, and no token', async (_when, gate, requests) => {
    const { holder, others } = await heldAt(gate, makePlace)
    const answers = askAll(others)
    await holder.kill()
    expectOneToken(await answers)
    expect(others.sandbox.counts.tokenRequests).toBe(requests)
  })

  it('during the request loses time, and no token', async () => {
    place = await makePlace()
    fleet = await startFleet({ store: place.store, size: 3, worker: { policy: POLICY } })
    const { sandbox } = fleet
    const holder = await fleet.join({ policy: POLICY })
    sandbox.fault('silence')
    holder.ask().catch(() => undefined)
    while (sandbox.counts.tokenRequests === 0) await new Promise(resolve => setImmediate(resolve))
    const answers = Promise.all(fleet.workers.slice(0, 3).map(worker => worker.ask(10)))
    await holder.kill()
    expectOneToken(await answers)
    expect(sandbox.counts.tokenRequests).toBe(2)
  })
})

describe.each(PLACES)('a fleet %s whose holder is paused past its lease', (_, makePlace) => {
  it.each(['before_request', 'before_commit'] as const)(
    'at %s goes on without it, and the holder adopts what it finds',
    async gate => {
      const { holder, others } = await heldAt(gate, makePlace)
      holder.pause()
      const answers = await askAll(others)
      expectOneToken(answers)
      const { counts } = others.sandbox
      holder.resume()
      holder.open(gate)
      const own = await holder.ask(10)
      expectAlive([own])
      // A token that needs no saving is served before its commit is refused; then the fleet's takes its place.
      const common = await askAll(others)
      await eventually('the holder has adopted', async () => {
        const { tokens } = await holder.ask()
        return tokens[0]?.fingerprint === common[0]?.tokens[0]?.fingerprint
      })
      expectOneToken(common)
      // Paused before its request, it does not send it any more; paused after it, it has been sent already.
      expect(others.sandbox.counts.tokenRequests).toBe(counts.tokenRequests)
    },
  )
})
