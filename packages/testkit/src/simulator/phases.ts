import { closeEverything } from './drills/closing.ts'
import { drillExpiry } from './drills/expiry.ts'
import { drillNews } from './drills/news.ts'
import { recoverAll } from './drills/recovery.ts'
import { drillRejection } from './drills/rejection.ts'
import type { Parts } from './parts.ts'
import { strikeSteps } from './step-faults.ts'

/**
 * The course of a simulation: a storm, in which faults strike; then calm, in which everybody has to recover; then
 * drills, if they are wanted, in which what a healthy fleet does can be counted exactly; then the end.
 */
export async function playPhases(parts: Parts, drills: boolean): Promise<void> {
  await storm(parts)
  await calm(parts)
  await recoverAll(parts)
  for (const grant of drills ? parts.grants : []) {
    await drillRejection(parts, grant)
    await drillNews(parts, grant)
    await drillExpiry(parts, grant)
  }
  await closeEverything(parts)
}

async function storm(parts: Parts): Promise<void> {
  const { world, scenario, fleet, workload, grants } = parts
  strikeSteps(parts)
  fleet.onStart = process => workload.begin(process)
  for (const machine of fleet.machines) fleet.start(machine)
  const [first] = fleet.processes
  for (const grant of grants) {
    if (grant.delegated && !grant.rules.seeded && first !== undefined) workload.signInSoon(first, grant)
  }
  await world.run(Number.POSITIVE_INFINITY, () => world.events >= scenario.stormEvents)
}

/** Longest time that a process takes to be closed in good order, in ms: what a rotating grant is worth. */
const CLOSING_MS_MAX = 25_000

/** The faults end. What is under way because of them comes to its end; nothing new befalls anybody. */
async function calm(parts: Parts): Promise<void> {
  const { world, faults, fleet, workload, network, store, api, grants } = parts
  faults.active = false
  world.beforeStep = undefined
  workload.stop()
  network.heal()
  store.heal()
  store.hints.heal()
  api.heal()
  for (const process of fleet.processes) process.resume(false)
  for (const grant of grants) {
    if (store.valueOf(grant)?.startsWith('{"format":99')) store.lose(grant, undefined, 'older again')
  }
  if (fleet.processes.some(process => process.closing)) await world.run(world.now + CLOSING_MS_MAX)
  const leavesGaps = world.random('calm').chance(0.3)
  // The first one is who the others may rely on.
  for (const [i, machine] of fleet.machines.entries()) if (i === 0 || !leavesGaps) fleet.start(machine)
  fleet.complete()
  // Those that have just been started are up.
  await world.run(world.now + 1)
  world.tell('faults.ended', {})
  world.note({ name: 'world' }, 'calm')
}
