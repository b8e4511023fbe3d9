import { SANDBOX_APP } from '@evergrant/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, type Gate, startFleet, type Worker, type WorkerOptions } from '../src/index.ts'
import { PLACES, type Place } from './support/places.ts'
import { expectOneToken, presentedTwice } from './support/verdicts.ts'

let fleet: Fleet | undefined
let place: Place | undefined

afterEach(async () => {
  await fleet?.close()
  await place?.close()
})

const [OLD, NEW] = [SANDBOX_APP.secretKey, 'SandboxSecretKey0000000000000002']
const POLICY = { requestTimeoutMs: 2_000, commitBudgetMs: 1_000, leaseMs: 3_200, pollMs: 200, freshForMs: 0 }
/** Every process knows both secrets, as the ring has them in the midst of a change. */
const RING = { secret: OLD, nextSecret: NEW, policy: POLICY }

/** A fleet that holds a token under the old secret, which the server takes no longer, and a worker before a gate. */
async function changed(
  gate: Gate,
  makePlace: () => Promise<Place>,
  grant: (fleet: Fleet) => Partial<WorkerOptions>,
): Promise<{ whole: Fleet; others: readonly Worker[]; holder: Worker }> {
  place = await makePlace()
  const app = { ...SANDBOX_APP }
  const whole = await startFleet({ store: place.store, size: 0, sandbox: { apps: [app] }, worker: RING })
  fleet = whole
  const own = grant(whole)
  const others = [await whole.join(own), await whole.join(own)]
  const holder = await whole.join({ ...own, gates: [gate] })
  expectOneToken(await Promise.all(others.map(worker => worker.ask())))
  app.secretKey = NEW
  return { whole, others, holder }
}

// What the place has to do with it is tried in crash.test.ts.
describe.each(PLACES.slice(0, 1))('a fleet %s whose client secret is changed', (_, makePlace) => {
  it.each([
    // Token requests that the server has seen: the first, then refused and accepted ones.
    ['before the request', 'before_request', 3],
    ['when its secret was refused', 'after_refusal', 4],
    ['before the commit', 'before_commit', 5],
    ['after the commit', 'after_commit', 3],
  ] as const)('and whose holder is killed %s loses time, and no token', async (_when, gate, requests) => {
    const { whole, others, holder } = await changed(gate, makePlace, () => ({}))
    await holder.ask()
    await Promise.all([holder, ...others].map(worker => worker.reject()))
    holder.ask().catch(() => undefined)
    await holder.held(gate)
    const answers = Promise.all(others.map(worker => worker.ask(10)))
    await holder.kill()
    expectOneToken(await answers)
    expect(whole.sandbox.counts.tokenRequests).toBe(requests)
  })
})

describe.each(PLACES)('a fleet %s whose client secret is changed', (_, makePlace) => {
  it('and whose holder is killed in the midst of it does not present a refresh token again that works once', async () => {
    const { whole, others, holder } = await changed('after_refusal', makePlace, ({ sandbox }) => ({
      refreshToken: sandbox.signIn(),
    }))
    await holder.ask()
    await Promise.all([holder, ...others].map(worker => worker.reject()))
    holder.ask().catch(() => undefined)
    await holder.held('after_refusal')
    const answers = Promise.all(others.map(worker => worker.ask(10)))
    await holder.kill()
    // Nobody else can know that it was refused before it was used: as with every crash in a request, a person is asked.
    const failures = (await answers).flatMap(each => each.failures)
    expect([failures.length, new Set(failures)]).toEqual([20, new Set(['response_lost'])])
    expect([presentedTwice(whole), whole.sandbox.counts.tokenRequests]).toEqual([[], 2])
  })

  it('goes on with a refresh token that works once, when nobody is killed', async () => {
    const { whole, others, holder } = await changed('before_commit', makePlace, ({ sandbox }) => ({
      refreshToken: sandbox.signIn(),
    }))
    holder.open('before_commit')
    await holder.ask()
    const all = [holder, ...others]
    await Promise.all(all.map(worker => worker.reject()))
    expectOneToken(await Promise.all(all.map(worker => worker.ask(10))))
    expect([presentedTwice(whole), whole.sandbox.counts.tokensIssued]).toEqual([[], 3])
  })
})
