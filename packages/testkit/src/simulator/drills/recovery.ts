import type { Call } from '../call.ts'
import type { Parts } from '../parts.ts'
import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'

/** What a process has come to: a token, or the verdict that only a new grant helps. */
type Verdict = 'waiting' | 'served' | 'reauthorize'

const ASK_AGAIN_MS = 2_000
const ASK_AGAIN_MS_MAX = 30_000
/** Round trips and the like, in ms. */
const SLACK_MS = 10_000

/**
 * L2: when the faults have ended, every process has a token in bounded time. Where the grant is lost, everybody
 * says so, and there is something to blame (P7); then a user signs in again, and everybody has a token.
 */
export async function recoverAll(parts: Parts): Promise<void> {
  for (const grant of parts.grants) {
    const verdicts = await askUntilServed(parts, grant)
    if (parts.world.violation !== undefined) return
    if (verdicts.every(([, verdict]) => verdict === 'served')) continue
    blame(parts, grant, verdicts)
    await signInAgain(parts, grant)
  }
}

/** Every process asks until it is given a token. Ends early when all of them are served. */
export async function askUntilServed(
  { world, fleet }: Parts,
  grant: SimulatedGrant,
): Promise<[SimulatedProcess, Verdict][]> {
  const verdicts = new Map<SimulatedProcess, Verdict>()
  const ask = (process: SimulatedProcess): void => process.token(grant, { then: call => verdict(process, call) })
  const verdict = (process: SimulatedProcess, { outcome }: Call): void => {
    if (outcome === undefined) return
    if (outcome.ok) return void verdicts.set(process, 'served')
    const lost = outcome.failure?.kind === 'reauthorize'
    verdicts.set(process, lost ? 'reauthorize' : 'waiting')
    const againMs = Math.max(outcome.failure?.retryAfterMs ?? 0, lost ? 2 * ASK_AGAIN_MS : ASK_AGAIN_MS)
    world.after(Math.min(againMs, ASK_AGAIN_MS_MAX), process, () => {
      if (!process.closing) ask(process)
    })
  }
  for (const process of fleet.processes) {
    verdicts.set(process, 'waiting')
    world.after(0, process, () => ask(process))
  }
  const everybody = (wanted: Verdict) => [...verdicts.values()].every(each => each === wanted)
  await world.run(world.now + recoveryMs(grant), () => everybody('served'))
  // Whoever is on the way is let through, so that nobody asks any more when the next drill begins.
  for (const [process, each] of verdicts) {
    if (each === 'waiting') {
      world.fail('L2', `${process.name} has no token of grant ${grant.index} after ${recoveryMs(grant)} ms of calm`)
    }
  }
  return [...verdicts]
}

/** A lease that nobody holds any more, a pause that nothing shortens, and an exchange. */
function recoveryMs({ numbers }: SimulatedGrant): number {
  const { leaseMs, backoffMaxMs, latchMaxMs, requestTimeoutMs, storeTimeoutMs } = numbers
  return leaseMs + Math.max(backoffMaxMs, latchMaxMs) + requestTimeoutMs + 3 * storeTimeoutMs + SLACK_MS
}

function blame({ world }: Parts, grant: SimulatedGrant, verdicts: [SimulatedProcess, Verdict][]): void {
  const served = verdicts.filter(([, verdict]) => verdict === 'served').map(([process]) => process.name)
  const lost = verdicts.filter(([, verdict]) => verdict === 'reauthorize').map(([process]) => process.name)
  if (served.length > 0) {
    world.fail('L2', `${lost} say that grant ${grant.index} has ended, while ${served} have a token of it`)
  } else if (grant.history.blames.size === 0) {
    world.fail('P7', `grant ${grant.index} is lost, and no response, crash or record that was lost is to blame`)
  }
}

async function signInAgain(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, fleet, server } = parts
  const renewer = fleet.processes.find(process => fleet.roleOf(process.machine).role === 'renewer')
  if (renewer === undefined) return
  let done = false
  const { issue, refreshToken } = server.signIn(grant)
  world.after(0, renewer, () => {
    renewer.receive(grant, issue, refreshToken, { then: () => (done = true) })
  })
  await world.run(world.now + SLACK_MS, () => done)
  const verdicts = await askUntilServed(parts, grant)
  for (const [process, verdict] of verdicts) {
    if (verdict === 'served') continue
    world.fail('L2', `${process.name} has no token of grant ${grant.index} though a user has signed in again`)
  }
}
