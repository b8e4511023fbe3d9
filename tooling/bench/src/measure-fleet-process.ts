import { type FleetProgramName, loadFleetProgram } from './fleet-program.ts'
import type { Endpoint } from './library.ts'

/** What one process of a fleet is started with. */
export interface FleetProcessOptions {
  readonly library: FleetProgramName
  readonly redisUrl: string
}

/** To ask for a token by as many callers at once, at an instant that all processes are told. */
export interface FleetTask {
  readonly endpoint: Endpoint
  readonly callers: number
  /** Epoch ms. */
  readonly startAt: number
}

/** What became of it. Instants are epoch ms, with fractions. */
export interface FleetAnswer {
  readonly askedAt: number
  /** When the last of the callers had the token. */
  readonly heldAt: number
  /** The texts of the tokens, each once. */
  readonly tokens: readonly string[]
}

/** Epoch ms by a clock that is finer than `Date`'s. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}

const [given] = process.argv.slice(2)
if (given !== undefined && process.send !== undefined) await serve(JSON.parse(given) as FleetProcessOptions)

async function serve({ library, redisUrl }: FleetProcessOptions): Promise<void> {
  const program = (await loadFleetProgram(library))(redisUrl)
  process.on('message', (task: FleetTask) => {
    ask(task, program.callerOf(task.endpoint)).then(tell, fail)
  })
  // Whoever asked is gone.
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}

async function ask(task: FleetTask, call: () => Promise<string>): Promise<FleetAnswer> {
  await new Promise(resolve => setTimeout(resolve, Math.max(0, task.startAt - preciseNow())))
  const askedAt = preciseNow()
  const tokens = await Promise.all(Array.from({ length: task.callers }, call))
  return { askedAt, heldAt: preciseNow(), tokens: [...new Set(tokens)] }
}

function tell(answer: FleetAnswer): void {
  process.send?.(answer)
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
