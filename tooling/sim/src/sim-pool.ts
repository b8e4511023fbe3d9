import { Worker } from 'node:worker_threads'
import type { Mutant } from './mutants/mutant.ts'
import { EMPTY_TALLY, joined, type SeedRange, type Tally } from './run-seeds.ts'
import type { WorkerOrders } from './sim-worker.ts'

/** Seeds that a worker is given at a time. */
const CHUNK = 50
/** How long a chunk may take before its worker is taken to hang, in ms: a hundred times what it usually takes. */
const CHUNK_MS_MAX = 60_000

export interface PoolOptions {
  /** Worker threads, 1 or more. */
  readonly workers: number
  /** A bug to plant; none by default. */
  readonly mutant?: Mutant
  /** Whether to go on after a promise was broken. `false` by default. */
  readonly goesOn?: boolean
  /** Called with what there is so far. */
  readonly onProgress?: (tally: Tally) => void
}

/** Plays a range of seeds on several threads. Whatever their number, the first broken promise is the same one. */
export async function runPool(range: SeedRange, options: PoolOptions): Promise<Tally> {
  let next = range.from
  let sum = EMPTY_TALLY
  const isDone = () => next >= range.from + range.count || (!options.goesOn && sum.broken.length > 0)

  async function work(): Promise<void> {
    const orders: WorkerOrders = { mutant: options.mutant }
    const worker = new Worker(new URL('./sim-worker.ts', import.meta.url), {
      workerData: orders,
      execArgv: ['--conditions=evergrant-source'],
    })
    try {
      while (!isDone()) {
        const count = Math.min(CHUNK, range.from + range.count - next)
        const chunk = { ...range, from: next, count }
        next += count
        const tally = await ask(worker, chunk)
        sum = joined(sum, tally)
        options.onProgress?.(sum)
      }
    } finally {
      await worker.terminate()
    }
  }

  await Promise.all(Array.from({ length: options.workers }, work))
  return sum
}

/** Lets a worker play a chunk. One that does not come back counts as a broken promise of its first seed. */
function ask(worker: Worker, chunk: SeedRange): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const broken = (message: string): Tally => ({
      ...EMPTY_TALLY,
      broken: [{ seed: chunk.from, id: 'L4', message }],
    })
    const timer = setTimeout(() => resolve(broken('the program does not come to rest')), CHUNK_MS_MAX)
    worker.once('message', (tally: Tally) => {
      clearTimeout(timer)
      worker.removeAllListeners('error')
      resolve(tally)
    })
    worker.once('error', (error: unknown) => {
      clearTimeout(timer)
      reject(error)
    })
    worker.postMessage(chunk)
  })
}
