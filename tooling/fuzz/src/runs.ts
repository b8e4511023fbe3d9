/** How many answers a run tries; more with `EVERGRANT_FUZZ_RUNS`. */
export const RUNS: number = Number(process.env.EVERGRANT_FUZZ_RUNS ?? 100_000)

/** Whole pipelines take longer than a judgement. */
export const PIPELINE_RUNS: number = Math.ceil(RUNS / 50)

/** The seed of the first case; each case has its own. */
const SEED = Number(process.env.EVERGRANT_SEED ?? 20_260_101)

/** The seeds of a run's cases. A case that fails is told by its seed: `EVERGRANT_SEED=<it> EVERGRANT_FUZZ_RUNS=1`. */
export function* seeds(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield SEED + i
}

/** Whether each kind of outcome came up often enough to have been tried at all; of a few cases that says nothing. */
export function isMixed(counts: Readonly<Record<string, number>>, share: number): boolean {
  const all = Object.values(counts)
  const total = all.reduce((sum, count) => sum + count, 0)
  return total < 1_000 || all.every(count => count > total * share)
}
