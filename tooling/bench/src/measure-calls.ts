import { type Call, type CallProgramName, type CallTarget, loadCallProgram } from './call-program.ts'
import { giveBack, givenArgument } from './child-process.ts'
import { API_ANSWER } from './protected-api.ts'
import { interleave, percentile } from './rounds.ts'

export interface CallsRequest {
  readonly subject: CallProgramName
  /** What it is measured against. */
  readonly base: CallProgramName
  readonly target: CallTarget
  readonly rounds: number
  readonly callsPerRound: number
  /** Calls under way at once. */
  readonly atOnce: number
}

/** By round, in ms. */
export interface CallsTimes {
  readonly subject: readonly number[]
  readonly base: readonly number[]
  readonly subjectP99: readonly number[]
  readonly baseP99: readonly number[]
}

const WARM_UPS = 4

const { subject, base, target, rounds, callsPerRound, atOnce } = givenArgument<CallsRequest>()
const times = { subject: [] as number[], base: [] as number[] }
const calls = {
  subject: (await loadCallProgram(subject))(target),
  base: (await loadCallProgram(base))(target),
}
const walls = await interleave(
  { subject: () => round('subject'), base: () => round('base') },
  { rounds, warmUps: WARM_UPS },
)
giveBack({
  ...walls,
  subjectP99: times.subject.slice(WARM_UPS),
  baseP99: times.base.slice(WARM_UPS),
} satisfies CallsTimes)

/** Makes the calls of a round, and returns how long all of them took, in ms. */
async function round(which: 'subject' | 'base'): Promise<number> {
  const call = calls[which]
  const latencies: number[] = []
  let left = callsPerRound
  async function caller(): Promise<void> {
    while (left-- > 0) latencies.push(await latencyOf(call))
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: atOnce }, caller))
  const wallMs = performance.now() - startedAt
  times[which].push(percentile(latencies, 0.99))
  return wallMs
}

/** Throws when the call was not answered as one with the token is. */
async function latencyOf(call: Call): Promise<number> {
  const startedAt = performance.now()
  const answer = await call()
  if (answer !== API_ANSWER) throw new Error('a call was not answered')
  return performance.now() - startedAt
}
