import { type BaiduSandbox, type BaiduSandboxOptions, baiduSandbox } from '@evergrant/testkit'
import type { WorkerOptions, WorkerStore } from './worker-message.ts'
import { type Given, startWorker, type Worker } from './worker-process.ts'

export interface FleetOptions {
  readonly store: WorkerStore
  readonly size: number
  readonly sandbox?: BaiduSandboxOptions
  /** What all workers have in common besides their store and their server. */
  readonly worker?: Partial<WorkerOptions>
}

/** Processes that share one grant, and the server that it is of. */
export interface Fleet {
  readonly sandbox: BaiduSandbox
  readonly workers: readonly Worker[]
  /** Starts one more worker, with options of its own. */
  join(options?: Partial<WorkerOptions>): Promise<Worker>
  /** Starts a worker in the place of one that is gone. */
  replace(index: number, options?: Partial<WorkerOptions>): Promise<Worker>
  /** Has every worker ask, by as many callers each. */
  askAll(callers?: number, timeoutMs?: number): Promise<readonly Given[]>
  /** Ends everything that was started here, however it stands. */
  close(): Promise<void>
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const sandbox = await baiduSandbox(options.sandbox)
  const workers: Worker[] = []
  const { apiKey: id, secretKey: secret } = sandbox.app
  const common = { store: options.store, tokenEndpoint: sandbox.tokenEndpoint, id, secret, ...options.worker }
  const fleet: Fleet = {
    sandbox,
    workers,
    async join(own = {}) {
      const worker = await startWorker({ ...common, ...own })
      workers.push(worker)
      return worker
    },
    async replace(index, own = {}) {
      const worker = await startWorker({ ...common, ...own })
      workers[index] = worker
      return worker
    },
    askAll: (callers, timeoutMs) => Promise.all(workers.map(worker => worker.ask(callers, timeoutMs))),
    async close() {
      await Promise.all(workers.map(worker => worker.kill()))
      await sandbox.close()
    },
  }
  try {
    // Two at a time: starting a process is work for a whole core.
    for (let started = 0; started < options.size; started += 2) {
      await Promise.all(Array.from({ length: Math.min(2, options.size - started) }, () => fleet.join()))
    }
  } catch (error) {
    await fleet.close()
    throw error
  }
  return fleet
}
