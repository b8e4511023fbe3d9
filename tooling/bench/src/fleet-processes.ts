import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Endpoint } from './library.ts'
import {
  type FleetAnswer,
  type FleetProcessOptions,
  type FleetTask,
  preciseNow,
} from './measure-fleet-process.ts'

/** So many processes of the same program compile it once. How they start is not measured. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../dist/compile-cache', import.meta.url))
const PROGRAM = fileURLToPath(new URL('measure-fleet-process.ts', import.meta.url))
/** Time for all processes to hear when to begin, in ms. */
const LEAD_MS = 30
/** Starting a process is work for a whole core. */
const STARTED_AT_ONCE = 2
/** After this, in ms, a process will not answer any more. */
const SILENCE_MS_MAX = 20_000

/** Processes that share tokens in the same way. */
export interface FleetProcesses {
  readonly size: number
  /** Has the first so many processes ask at the same moment, by as many callers each. */
  ask(endpoint: Endpoint, callers: number, processes?: number): Promise<readonly FleetAnswer[]>
  /** Has every process ask for the token of a client of its own. */
  askApart(endpointOf: (index: number) => Endpoint): Promise<void>
  close(): Promise<void>
}

export async function fleetProcesses(options: FleetProcessOptions, size: number): Promise<FleetProcesses> {
  const children: ChildProcess[] = []
  for (let started = 0; started < size; started += STARTED_AT_ONCE) {
    const length = Math.min(STARTED_AT_ONCE, size - started)
    children.push(...(await Promise.all(Array.from({ length }, () => start(options)))))
  }
  return {
    size,
    ask(endpoint, callers, processes = size) {
      const startAt = preciseNow() + LEAD_MS
      return Promise.all(
        children.slice(0, processes).map(child => assign(child, { endpoint, callers, startAt })),
      )
    },
    async askApart(endpointOf) {
      const tasks = children.map((child, i) => ({ child, endpoint: endpointOf(i) }))
      await Promise.all(
        tasks.map(({ child, endpoint }) => assign(child, { endpoint, callers: 1, startAt: preciseNow() })),
      )
    },
    async close() {
      const alive = children.filter(child => child.connected)
      const gone = alive.map(child => once(child, 'exit'))
      for (const child of alive) child.disconnect()
      await Promise.all(gone)
    },
  }
}

async function start(options: FleetProcessOptions): Promise<ChildProcess> {
  const child = fork(PROGRAM, [JSON.stringify(options)], {
    env: { ...process.env, NODE_COMPILE_CACHE },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await heard(child)
  return child
}

function assign(child: ChildProcess, task: FleetTask): Promise<FleetAnswer> {
  const answer = heard(child)
  child.send(task)
  return answer as Promise<FleetAnswer>
}

/** The next message of a process. Rejects when it ends instead, or says nothing for too long. */
async function heard(child: ChildProcess): Promise<unknown> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(SILENCE_MS_MAX)])
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('a process of the fleet has ended')
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message
  } finally {
    over.abort()
  }
}
