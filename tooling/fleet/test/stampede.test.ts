import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../src/index.ts'
import { PLACES, type Place } from './support/places.ts'
import { expectOneToken } from './support/verdicts.ts'

const PROCESSES = 16
const CALLERS = 100

let fleet: Fleet | undefined
let place: Place | undefined

afterEach(async () => {
  await fleet?.close()
  await place?.close()
})

describe.each(PLACES)('sixteen processes %s', (_, makePlace) => {
  it('make one token request for a hundred callers each on a cold key, and one when the token has ended', async () => {
    place = await makePlace()
    fleet = await startFleet({
      store: place.store,
      size: PROCESSES,
      sandbox: { latencyMs: 200, lifetimeSeconds: 3_600 },
    })
    expectOneToken(await fleet.askAll(CALLERS))
    expect(fleet.sandbox.counts.tokenRequests).toBe(1)

    // Everybody finds out at the same time that the token is not good any more.
    await Promise.all(fleet.workers.map(worker => worker.reject()))
    const after = await fleet.askAll(CALLERS)
    expectOneToken(after)
    expect(after[0]?.tokens[0]?.generation).toBeGreaterThan(1)
    expect(fleet.sandbox.counts.tokenRequests).toBe(2)
  })

  it('find the token that others have, and ask for none', async () => {
    place = await makePlace()
    fleet = await startFleet({ store: place.store, size: 2 })
    expectOneToken(await fleet.askAll())
    const late = await fleet.join()
    expectOneToken([...(await fleet.askAll()), await late.ask(CALLERS)])
    expect(fleet.sandbox.counts.tokenRequests).toBe(1)
  })

  it('follow the one that renews, where they are followers', async () => {
    place = await makePlace()
    fleet = await startFleet({ store: place.store, size: 3, worker: { role: 'follower' } })
    const waiting = fleet.askAll(CALLERS)
    const renewer = await fleet.join({ role: 'renewer' })
    await renewer.ask()
    expectOneToken(await waiting)
    expect(fleet.sandbox.counts.tokenRequests).toBe(1)
  })
})
