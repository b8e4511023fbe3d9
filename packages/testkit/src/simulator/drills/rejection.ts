import type { Call } from '../call.ts'
import type { Parts } from '../parts.ts'
import { isShareable, type SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import { askUntilServed } from './recovery.ts'
import { RequestCount } from './request-count.ts'

/** In this time a healthy fleet has replaced a token and everybody has the new one, in ms. */
const REPLACED_MS = 20_000
/** How long the rejections of different processes are apart at most, in ms. */
const SPREAD_MS = 3_000
/** How often a process tries until a token is accepted. */
const ATTEMPTS_MAX = 5

/**
 * P6 in a healthy fleet: every process finds that its token is no good, at about the same time, and there is one
 * token request; when the new token is rejected too, that is reported, and there is no request at all.
 */
export async function drillRejection(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, server, store } = parts
  const { toldLifeMs } = grant
  const { freshForMs } = grant.numbers
  if (
    toldLifeMs < 4 * freshForMs ||
    !isShareable(grant, store.rules.hasClock) ||
    world.violation !== undefined
  )
    return
  await renewIfOlderThan(parts, grant, toldLifeMs / 4)
  // A token that took the place of a rejected one is not rejected without ado.
  await world.run(world.now + freshForMs + 1_000)
  const { isUneven, isFailing } = grant.history
  if (isUneven || isFailing || !isShared(parts, grant)) {
    // Whoever holds a higher number than the store goes on from there, which costs a request once; and pauses end.
    grant.history.isUneven = false
    if (isFailing) await world.run(world.now + grant.numbers.latchMaxMs)
    server.revokeTokens(grant)
    await useUntilAccepted(parts, grant)
    await world.run(world.now + freshForMs + 1_000)
  }
  const count = new RequestCount(world, grant)
  const { newest: revoked } = grant.history
  server.revokeTokens(grant)
  const accepted = await useUntilAccepted(parts, grant)
  if (world.violation !== undefined) return
  // Where nobody can tell how old a foreign token is, a new holder may take it for one that is rejected while fresh.
  if (store.rules.hasClock && accepted.some(each => !each)) {
    world.fail('P6', `${REPLACED_MS} ms after its token was revoked, not everybody has a good one`)
  }
  count.expect('P6', 1, 'the token was rejected by every process')
  // Where a renewal was due at this very moment, nobody has rejected anything, and the new token replaces nothing.
  if (revoked === undefined || grant.history.rejected.has(revoked.accessToken))
    await rejectAgain(parts, grant)
}

/** Whether nobody holds another token than the newest. */
export function isShared({ fleet }: Parts, grant: SimulatedGrant): boolean {
  const newest = grant.history.newest?.accessToken
  return fleet.processes.every(
    process => (process.sourceOf(grant).current()?.accessToken ?? newest) === newest,
  )
}

/** Waits until the newest token has lapsed, and lets everybody ask, if it is older than that. */
async function renewIfOlderThan(parts: Parts, grant: SimulatedGrant, ageMs: number): Promise<void> {
  const { world } = parts
  const { newest } = grant.history
  if (newest === undefined || world.now - newest.issuedAt < ageMs) return
  await world.run(newest.issuedAt + grant.toldLifeMs + 1_000)
  await askUntilServed(parts, grant)
}

/** Every process uses its token, and reports and replaces it until one is accepted. */
async function useUntilAccepted({ world, fleet, api }: Parts, grant: SimulatedGrant): Promise<boolean[]> {
  const random = world.random(`rejection ${grant.index}`)
  const accepted = new Map<SimulatedProcess, boolean>()
  const attempt = (process: SimulatedProcess, left: number): void =>
    process.token(grant, {
      whenEnded: ({ outcome }: Call) => {
        if (!outcome?.ok || outcome.token === undefined || left === 0) return
        if (api.accepts(outcome.token.accessToken)) return void accepted.set(process, true)
        process.reject(grant, outcome.token.accessToken)
        attempt(process, left - 1)
      },
    })
  for (const process of fleet.processes) {
    accepted.set(process, false)
    world.after(random.below(SPREAD_MS), process, () => attempt(process, ATTEMPTS_MAX))
  }
  const all = () => [...accepted.values()].every(each => each)
  await world.run(world.now + REPLACED_MS, all)
  return [...accepted.values()]
}

/** In this time everybody has been told, in ms. */
const TOLD_MS = 2_000

/** The new token is rejected too: everybody is told so, nobody asks for another. */
async function rejectAgain(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, fleet } = parts
  if (world.violation !== undefined) return
  const codes = new Map<SimulatedProcess, string>()
  const count = new RequestCount(world, grant)
  for (const process of fleet.processes) {
    const token = process.sourceOf(grant).current()
    if (token?.accessToken !== grant.history.newest?.accessToken || token === undefined) continue
    codes.set(process, 'nothing')
    world.after(0, process, () => {
      process.reject(grant, token.accessToken)
      process.token(grant, {
        whenEnded: ({ outcome }) =>
          codes.set(process, outcome?.ok ? 'a token' : (outcome?.failure?.code ?? 'an error')),
      })
    })
  }
  await world.run(world.now + TOLD_MS)
  for (const [process, code] of codes) {
    if (code === 'token_rejected_again') continue
    world.fail(
      'P6',
      `${process.name} was told ${code} when the token that replaced a rejected one was rejected too`,
    )
  }
  count.expect('P6', 0, 'the token that replaced a rejected one was rejected too')
  await askUntilServed(parts, grant)
}
