import type { FaultKind, SimulationResult } from '@evergrant/testkit'
import { simulate } from '@evergrant/testkit'
import { openProgram } from './open-program.ts'

/** Which schedules to play. */
export interface SeedRange {
  readonly from: number
  readonly count: number
  /** Processes in each; 3 by default. */
  readonly processes?: number
  /** Events of the storm; 200 by default. */
  readonly events?: number
  /** Whether there are drills; `true` by default. */
  readonly drills?: boolean
  /** Kinds of faults that must not strike. */
  readonly without?: readonly FaultKind[]
}

/** A promise that a schedule has broken. */
export interface BrokenPromise {
  readonly seed: number
  readonly id: string
  readonly message: string
}

/** What came of a range of seeds. */
export interface Tally {
  readonly schedules: number
  readonly events: number
  /** Events of the schedule that has fewest; `Infinity` when there is no schedule. */
  readonly eventsMin: number
  /** Simulated time in all, in ms. */
  readonly passedMs: number
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  /** In the order of their seeds. */
  readonly broken: readonly BrokenPromise[]
}

/** Plays every schedule of a range. What a seed does is the same in whatever company. */
export async function runSeeds(range: SeedRange): Promise<Tally> {
  const results: SimulationResult[] = []
  const strays = await strayRejections(async () => {
    // One after another: side by side they would drive each other out of the processor's caches.
    for (let i = 0; i < range.count; i++) results.push(await runSeed(range.from + i, range))
  })
  const tally = tallyOf(results)
  return strays === 0 || range.count === 1 ? withStrays(tally, strays, range) : runOneByOne(range)
}

/** Plays one schedule; with `traces`, its trace is in the result. */
export function runSeed(
  seed: number,
  { processes, events, drills, without }: Omit<SeedRange, 'from' | 'count'>,
  traces = false,
): Promise<SimulationResult> {
  return simulate({
    seed,
    open: openProgram,
    traces,
    ...(processes !== undefined && { processes }),
    ...(events !== undefined && { events }),
    ...(drills !== undefined && { drills }),
    ...(without !== undefined && { without }),
  })
}

/** Which of the schedules has left a rejection unhandled shows when each is alone. */
async function runOneByOne(range: SeedRange): Promise<Tally> {
  let sum = EMPTY_TALLY
  for (let i = 0; i < range.count; i++) {
    sum = joined(sum, await runSeeds({ ...range, from: range.from + i, count: 1 }))
  }
  return sum
}

function withStrays(tally: Tally, strays: number, { from }: SeedRange): Tally {
  if (strays === 0 || tally.broken.length > 0) return tally
  const message = `${strays} rejections of promises were handled by nobody`
  return { ...tally, broken: [{ seed: from, id: 'S12', message }] }
}

/** How many rejections were handled by nobody while `work` was done. */
async function strayRejections(work: () => Promise<unknown>): Promise<number> {
  let strays = 0
  const count = () => {
    strays += 1
  }
  process.on('unhandledRejection', count)
  try {
    await work()
    // They are told of at the end of a turn.
    await new Promise(resolve => setImmediate(resolve))
    return strays
  } finally {
    // What goes wrong with the simulator itself must not be counted in silence.
    process.off('unhandledRejection', count)
  }
}

export const EMPTY_TALLY: Tally = {
  schedules: 0,
  events: 0,
  eventsMin: Number.POSITIVE_INFINITY,
  passedMs: 0,
  faults: {},
  broken: [],
}

function tallyOf(results: readonly SimulationResult[]): Tally {
  return results
    .map(
      ({ seed, violation, events, passedMs, faults }): Tally => ({
        schedules: 1,
        events,
        eventsMin: events,
        passedMs,
        faults: Object.fromEntries(faults),
        broken: violation === undefined ? [] : [{ seed, id: violation.id, message: violation.message }],
      }),
    )
    .reduce(joined, EMPTY_TALLY)
}

/** Both together. */
export function joined(one: Tally, other: Tally): Tally {
  const faults: Partial<Record<FaultKind, number>> = { ...one.faults }
  for (const [kind, count] of Object.entries(other.faults) as [FaultKind, number][]) {
    faults[kind] = (faults[kind] ?? 0) + count
  }
  return {
    schedules: one.schedules + other.schedules,
    events: one.events + other.events,
    eventsMin: Math.min(one.eventsMin, other.eventsMin),
    passedMs: one.passedMs + other.passedMs,
    faults,
    broken: [...one.broken, ...other.broken].sort((a, b) => a.seed - b.seed),
  }
}
