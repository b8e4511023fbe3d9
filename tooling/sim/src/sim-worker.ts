import { parentPort, workerData } from 'node:worker_threads'
import { loadMutated } from './mutants/load-mutated.ts'
import type { Mutant } from './mutants/mutant.ts'
import type { SeedRange } from './run-seeds.ts'

/** What a worker is started with. */
export interface WorkerOrders {
  /** The bug to plant before anything of ours is loaded; `undefined` plants none. */
  readonly mutant: Mutant | undefined
}

// Stacks of expected errors cost more than the errors.
Error.stackTraceLimit = 0

const { mutant } = workerData as WorkerOrders
if (mutant !== undefined) loadMutated(mutant)
const { runSeeds } = await import('./run-seeds.ts')

parentPort?.on('message', (range: SeedRange) => {
  runSeeds(range).then(
    tally => parentPort?.postMessage(tally),
    (error: unknown) => {
      throw error
    },
  )
})
