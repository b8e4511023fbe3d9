import type { Parts } from '../parts.ts'
import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'

/** How long it may take to close a process in which nothing is under way that is worth waiting for, in ms. */
const CLOSED_MS = 1_000
/** The longest that an operation may be under way, in ms. */
const QUIET_MS = 20_000
/** How long nothing must happen afterwards, in ms. */
const SILENCE_MS = 120_000

/** L6: `close()` comes to its end, and afterwards there are no timers, no operations and no subscriptions. */
export async function closeEverything({ world, fleet, grants, store }: Parts): Promise<void> {
  // What was overtaken by a command, or stalled in the storm, comes to its end first.
  await world.run(world.now + QUIET_MS)
  if (world.violation !== undefined) return
  const processes = fleet.processes
  const open = new Set(processes)
  const begunAt = world.now
  const patient = new Set(
    processes.filter(process => grants.some(grant => isSpending(process, grant, begunAt))),
  )
  for (const process of processes) {
    fleet.close(process, () => {
      open.delete(process)
      if (process.timers.size > 0)
        world.fail('L6', `${process.name} is closed and has ${process.timers.size} timers`)
      if (store.hints.countOf(process) > 0) world.fail('L6', `${process.name} is closed and still subscribed`)
    })
  }
  await world.run(begunAt + CLOSED_MS, () => open.size === 0)
  for (const process of open) {
    const mayLast = patient.has(process) || grants.some(grant => isSpending(process, grant, begunAt))
    if (!mayLast) world.fail('L6', `close() of ${process.name} has not come to its end after ${CLOSED_MS} ms`)
  }
  const { requestTimeoutMs = 0, commitBudgetMs = 0 } = grants[0]?.numbers ?? {}
  const mostMs = requestTimeoutMs + commitBudgetMs
  await world.run(begunAt + mostMs, () => open.size === 0)
  if (open.size > 0) world.fail('L6', `close() has not come to its end after ${mostMs} ms`)
  const asked = grants.map(({ history }) => history.operations)
  await world.run(world.now + SILENCE_MS)
  if (grants.some(({ history }, i) => history.operations !== asked[i])) {
    world.fail('L6', 'a closed process has asked the store or the token endpoint for something')
  }
}

/** Whether a process has a single-use refresh token under way, or has taken the lease for it since an instant. */
function isSpending(process: SimulatedProcess, { spends, history }: SimulatedGrant, at: number): boolean {
  const isSent = [...history.inFlight].some(exchange => exchange.process === process)
  const isLeased = history.working.has(process) || (history.tenures.get(process)?.takenAt ?? -1) >= at
  return spends && (isSent || isLeased)
}
