import type { Call } from '../call.ts'
import type { Parts } from '../parts.ts'
import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'

/** What a process has come to: a token, or the verdict that only a new grant helps. */
type Verdict = 'waiting' | 'served' | 'reauthorize'

const ASK_AGAIN_MS = 2_000
const ASK_AGAIN_MS_MAX = 30_000
/** The longest that a token request may be under way, in ms. */
const IN_FLIGHT_MS_MAX = 20_000
/** The longest that a command may wait for its reply, in ms. */
const COMMANDED_MS_MAX = 31_000
/** Round trips and the like, in ms. */
const SLACK_MS = 10_000

/**
 * L2: when the faults have ended, every process has a token in bounded time. Where the grant is lost, everybody
 * says so, and there is something to blame (P7); then a user signs in again, and everybody has a token.
 */
export async function recoverAll(parts: Parts): Promise<void> {
  const { world } = parts
  for (const grant of parts.grants) {
    await world.run(world.now + COMMANDED_MS_MAX, () => grant.history.receiving === 0)
    const isMissing = grant.history.stored?.record?.tokens === undefined
    if (grant.delegated && !grant.rules.seeded && isMissing) await signInAgain(parts, grant)
    shareRejections(parts, grant)
    const verdicts = await askUntilServed(parts, grant)
    // What was sent in the storm may go wrong yet.
    await world.run(world.now + IN_FLIGHT_MS_MAX, () => grant.history.inFlight.size === 0)
    const lost = [...verdicts]
      .filter(([, verdict]) => verdict === 'reauthorize')
      .map(([process]) => process.name)
    const { blames } = grant.history
    if (lost.length > 0 && blames.size === 0) {
      world.fail('P7', `${lost} say that grant ${grant.index} is lost, and nothing that was lost is to blame`)
    }
    if (world.violation === undefined && grant.delegated && blames.size > 0) await signInAgain(parts, grant)
  }
}

/** Followers do not write: whoever runs them tells those who renew that a token was rejected. */
function shareRejections({ world, fleet }: Parts, grant: SimulatedGrant): void {
  for (const process of fleet.processes) {
    world.after(0, process, () => {
      const accessToken = process.sourceOf(grant).current()?.accessToken ?? ''
      if (grant.history.rejected.has(accessToken)) process.reject(grant, accessToken)
    })
  }
}

/** Every process asks until it is given a token, or says that the grant is lost and something is to blame. */
export async function askUntilServed(
  { world, fleet }: Parts,
  grant: SimulatedGrant,
): Promise<ReadonlyMap<SimulatedProcess, Verdict>> {
  const verdicts = new Map<SimulatedProcess, Verdict>()
  let done = false
  const ask = (process: SimulatedProcess): void =>
    process.token(grant, { whenEnded: call => verdict(process, call) })
  const verdict = (process: SimulatedProcess, { outcome }: Call): void => {
    if (outcome === undefined) return
    if (outcome.ok) return void verdicts.set(process, 'served')
    const lost = outcome.failure?.kind === 'reauthorize'
    verdicts.set(process, lost ? 'reauthorize' : 'waiting')
    const againMs = Math.max(outcome.failure?.retryAfterMs ?? 0, lost ? 2 * ASK_AGAIN_MS : ASK_AGAIN_MS)
    world.after(Math.min(againMs, ASK_AGAIN_MS_MAX), process, () => {
      if (!done && !process.closing) ask(process)
    })
  }
  for (const process of fleet.processes) {
    verdicts.set(process, 'waiting')
    world.after(0, process, () => ask(process))
  }
  const isLost = () => grant.history.blames.size > 0 && [...verdicts.values()].includes('reauthorize')
  const isSettled = (process: SimulatedProcess, verdict: Verdict): boolean => {
    if (verdict === 'served' || !isLost()) return verdict === 'served'
    // Who only follows is not told why there is nothing to follow.
    return verdict === 'reauthorize' || fleet.roleOf(process.machine).role === 'follower'
  }
  const areSettled = (): boolean => {
    for (const [process, verdict] of verdicts) if (!isSettled(process, verdict)) return false
    return true
  }
  await world.run(world.now + recoveryMs(grant), areSettled)
  done = true
  for (const [process, verdict] of verdicts) {
    if (verdict !== 'waiting' || isSettled(process, verdict)) continue
    world.fail(
      'L2',
      `${process.name} has no token of grant ${grant.index} after ${recoveryMs(grant)} ms of calm`,
    )
  }
  return verdicts
}

/** A lease that nobody holds any more, a pause that nothing shortens, and an exchange. */
function recoveryMs({ numbers, rules, history }: SimulatedGrant): number {
  // A server that gives the same token again gives the one that was rejected, until that has nearly ended.
  const repeatedMs = rules.repeats && history.rejected.size > 0 ? rules.lifeMs : 0
  const { leaseMs, backoffMaxMs, latchMaxMs, requestTimeoutMs, storeTimeoutMs } = numbers
  return (
    leaseMs +
    Math.max(backoffMaxMs, latchMaxMs) +
    requestTimeoutMs +
    3 * storeTimeoutMs +
    repeatedMs +
    SLACK_MS
  )
}

async function signInAgain(parts: Parts, grant: SimulatedGrant): Promise<void> {
  const { world, fleet, server } = parts
  // A drop that a process could not store so far would go over what is received now.
  await world.run(world.now + SLACK_MS)
  const renewer = fleet.processes.find(process => fleet.roleOf(process.machine).role === 'renewer')
  if (renewer === undefined) return
  let confirmed = false
  const { issue, refreshToken } = server.signIn(grant)
  world.after(0, renewer, () => {
    renewer.receive(grant, issue, refreshToken, { whenEnded: () => (confirmed = true) })
  })
  await world.run(world.now + SLACK_MS, () => confirmed)
  if (!confirmed) world.fail('L2', `a grant was not taken over within ${SLACK_MS} ms of calm`)
  const verdicts = await askUntilServed(parts, grant)
  for (const [process, verdict] of verdicts) {
    if (verdict === 'served') continue
    world.fail('L2', `${process.name} has no token of grant ${grant.index} though a user has signed in again`)
  }
}
