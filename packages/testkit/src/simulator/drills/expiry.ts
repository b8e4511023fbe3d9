import type { Parts } from '../parts.ts'
import { isShareable, type SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import { askUntilServed } from './recovery.ts'
import { RequestCount } from './request-count.ts'

/** Longest life that is lived through where processes are kept warm, in ms: they wake every minute. */
const WARM_LIFE_MS_MAX = 60_000
const CALLERS = 3
/** In this time a healthy fleet has obtained a token and everybody has it, in ms. */
const OBTAINED_MS = 15_000

/**
 * P2 and L5 in a healthy fleet: a token comes to its end. Where nobody keeps it warm, all processes ask at the
 * same moment and there is one token request; where somebody does, nobody ever waits.
 */
export async function drillExpiry(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, fleet, store } = parts
  if (!isShareable(grant, store.rules.hasClock) || world.violation !== undefined) return
  await askUntilServed(parts, grant)
  const warm = fleet.processes.some(process => {
    const { role, keepWarm, watches } = fleet.roleOf(process.machine)
    return keepWarm || watches || role === 'follower'
  })
  if (!warm) await askAllAtOnce(parts, grant)
  else if (grant.toldLifeMs <= WARM_LIFE_MS_MAX && isSmooth(parts, grant)) await liveThrough(parts, grant)
}

/** Whether the window for renewal is long enough that everybody knows of the new token before the old one ends. */
function isSmooth({ store, fleet }: Parts, grant: SimulatedGrant): boolean {
  const { rules, numbers, toldLifeMs } = grant
  const areTold = fleet.processes.every(process => store.hints.isTold(process, grant))
  const windowMs = toldLifeMs * numbers.renewFraction
  return !rules.repeats && (areTold || windowMs >= 8 * numbers.pollMs)
}

/** The key has expired everywhere; everybody asks, several times, at the same moment. */
async function askAllAtOnce(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, fleet } = parts
  // A renewal in the background may still be under way.
  await world.run(world.now + OBTAINED_MS)
  if (world.violation !== undefined) return
  const { newest, isUneven, isFailing } = grant.history
  if (isUneven || isFailing) {
    // Whoever holds a higher number than the store goes on from there, which costs a request once; and pauses end.
    grant.history.isUneven = false
    await world.run((newest?.issuedAt ?? world.now) + grant.toldLifeMs + 1_000)
    await askUntilServed(parts, grant)
    return askAllAtOnce(parts, grant)
  }
  if (newest === undefined) return
  await world.run(newest.issuedAt + grant.toldLifeMs + 1_000)
  const count = new RequestCount(world, grant)
  let answers = 0
  for (const process of fleet.processes) {
    world.after(0, process, () => {
      for (let i = 0; i < CALLERS; i++) {
        process.token(grant, {
          whenEnded: ({ outcome }) => {
            if (outcome?.ok) answers += 1
          },
        })
      }
    })
  }
  const callers = CALLERS * fleet.processes.length
  await world.run(world.now + OBTAINED_MS, () => answers === callers)
  if (answers < callers) {
    world.fail(
      'P2',
      `${callers - answers} of ${callers} callers have no token ${OBTAINED_MS} ms after it expired`,
    )
  }
  count.expect('P2', 1, `${callers} callers in ${fleet.processes.length} processes asked at once`)
}

/** From one token to the next, and a little further. */
async function liveThrough({ world, fleet }: Parts, grant: SimulatedGrant): Promise<void> {
  // A pause after the failures of the storm may last yet; it is over when a renewal has succeeded.
  const { issues } = grant.history
  await world.run(
    world.now + grant.toldLifeMs + grant.numbers.latchMaxMs,
    () => grant.history.issues > issues,
  )
  await world.run(world.now + OBTAINED_MS / 2)
  const random = world.random(`expiry ${grant.index}`)
  const until = (grant.history.newest?.issuedAt ?? world.now) + 1.25 * grant.toldLifeMs
  const warm = fleet.processes.filter(process => {
    const { role, keepWarm, watches } = fleet.roleOf(process.machine)
    return role === 'renewer' && (keepWarm || watches)
  })
  const askOn = (process: SimulatedProcess): void => {
    world.after(random.below(grant.toldLifeMs / 4), process, () => {
      if (world.now >= until || process.closing) return
      if (warm.includes(process) && process.sourceOf(grant).current() === undefined) {
        world.fail('L5', `${process.name} keeps grant ${grant.index} warm and has no token`)
      }
      process.token(grant)
      askOn(process)
    })
  }
  for (const process of warm) askOn(process)
  await world.run(until)
}
