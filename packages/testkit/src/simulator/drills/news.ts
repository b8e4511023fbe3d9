import type { Parts } from '../parts.ts'
import { isShareable, type SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import { isShared } from './rejection.ts'

/** In this time a healthy process has replaced a token, in ms. */
const REPLACED_MS = 10_000

/**
 * L3 in a healthy fleet: one process replaces the token, and nobody else asks for any. Those who are told of changes
 * have the new one soon, and so have those who look for themselves.
 */
export async function drillNews(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, server, store, fleet } = parts
  const { freshForMs } = grant.numbers
  if (grant.toldLifeMs < 4 * freshForMs || !isShareable(grant, store.rules.hasClock)) return
  // A token that took the place of a rejected one is not rejected without ado.
  await world.run(world.now + freshForMs + 1_000)
  const author = fleet.processes.find(process => fleet.roleOf(process.machine).role === 'renewer')
  if (world.violation !== undefined || author === undefined || grant.history.isFailing) return
  if (!isShared(parts, grant)) return
  server.revokeTokens(grant)
  let isReplaced = false
  world.after(0, author, () => {
    author.reject(grant, grant.history.newest?.accessToken ?? '')
    author.token(grant, { whenEnded: ({ outcome }) => (isReplaced = outcome?.ok ?? false) })
  })
  await world.run(world.now + REPLACED_MS, () => isReplaced)
  if (isReplaced) await checkConvergence(parts, grant)
}

/** How long a change takes to be known to those who are told of it, and to those who look for themselves; in ms. */
const TOLD_MS = 2_000
const LOOKED_MS = 30_000

/** L3: everybody holds the newest generation soon, whether or not the store tells of changes. */
async function checkConvergence({ world, fleet, store }: Parts, grant: SimulatedGrant): Promise<void> {
  const behind = (process: SimulatedProcess): boolean => {
    const generation = grant.history.stored?.record?.generation ?? 0
    return (process.sourceOf(grant).current()?.generation ?? 0) < generation
  }
  await world.run(world.now + TOLD_MS)
  const told = fleet.processes.filter(process => store.hints.isTold(process, grant))
  for (const process of told.filter(behind)) {
    world.fail('L3', `${process.name} does not hold the newest token after ${TOLD_MS} ms, though it was told`)
  }
  const warm = fleet.processes.filter(process => fleet.roleOf(process.machine).keepWarm)
  if (!warm.some(behind)) return
  await world.run(world.now + LOOKED_MS - TOLD_MS)
  for (const process of warm.filter(behind)) {
    world.fail('L3', `${process.name} does not hold the newest token after ${LOOKED_MS} ms`)
  }
}
