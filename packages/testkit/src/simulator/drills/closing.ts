import type { Parts } from '../parts.ts'

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
  let closed = 0
  for (const process of processes) {
    fleet.close(process, () => {
      closed += 1
      if (process.timers.size > 0)
        world.fail('L6', `${process.name} is closed and has ${process.timers.size} timers`)
      if (store.hints.countOf(process) > 0) world.fail('L6', `${process.name} is closed and still subscribed`)
    })
  }
  const busy = grants.some(({ history, spends }) => spends && history.inFlight.size > 0)
  const { requestTimeoutMs, commitBudgetMs } = grants[0]?.numbers ?? {
    requestTimeoutMs: 0,
    commitBudgetMs: 0,
  }
  const ms = busy ? requestTimeoutMs + commitBudgetMs : CLOSED_MS
  await world.run(world.now + ms, () => closed === processes.length)
  if (closed < processes.length) world.fail('L6', `close() has not come to its end after ${ms} ms`)
  const asked = grants.map(({ history }) => history.operations)
  await world.run(world.now + SILENCE_MS)
  if (grants.some(({ history }, i) => history.operations !== asked[i])) {
    world.fail('L6', 'a closed process has asked the store or the token endpoint for something')
  }
}
