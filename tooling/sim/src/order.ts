import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { FAULT_KINDS, type FaultKind } from '@evergrant/testkit'

/** What a schedule is played with. */
export interface Setting {
  /** 1 to 16. */
  readonly processes: number
  /** Events of the storm, 1 to 100,000. */
  readonly events: number
  /** Whether what a healthy fleet does is counted after the calm. */
  readonly drills: boolean
  /** Kinds of faults that must not strike. */
  readonly without: readonly FaultKind[]
}

/** What the command is asked to do. */
export type Order =
  | { readonly do: 'help' }
  | {
      readonly do: 'seeds'
      readonly from: number
      readonly count: number
      readonly workers: number
      readonly setting: Setting
    }
  | { readonly do: 'seed'; readonly seed: number; readonly setting: Setting }
  | {
      readonly do: 'mutants'
      /** Schedules that are tried on each. */
      readonly count: number
      readonly workers: number
      /** The only ones to be planted; empty: all. */
      readonly names: readonly string[]
      /** Whether what was found is written down. */
      readonly writes: boolean
    }

/** The command was asked for something that it does not know; the message says what. */
export class UsageError extends Error {}

export const USAGE = `pnpm sim [--seeds N] [--from N]    play N schedules (1,000), from seed N on (1)
pnpm sim --seed S                  play one schedule, and print its trace
pnpm sim --mutants [--seeds N]     plant every known bug, and see who catches it in N schedules (500)

  --processes N    processes in each schedule, 1 to 16 (3); not with --mutants
  --events N       events of the storm in each schedule, 1 to 100,000 (200); not with --mutants
  --no-drills      leave out what comes after the calm; not with --mutants
  --without KIND   a kind of fault that must not strike, may be repeated; not with --mutants
  --workers N      threads, 1 to 64 (one for each processor)
  --only NAME      a mutant, may be repeated (all)
  --write          write what was found about these mutants to docs/mutants.md
`

const DEFAULT_SEEDS = 1_000
/** Seeds that are tried on each mutant. */
export const DEFAULT_HUNT_SEEDS = 500
const SEED_MAX = 2 ** 32 - 1
export const DEFAULT_PROCESSES = 3
const PROCESSES_MAX = 16
/** Events of the storm. */
export const DEFAULT_EVENTS = 200
const EVENTS_MAX = 100_000
const WORKERS_MAX = 64

const OPTIONS = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  seed: { type: 'string' },
  processes: { type: 'string' },
  events: { type: 'string' },
  'no-drills': { type: 'boolean' },
  without: { type: 'string', multiple: true },
  workers: { type: 'string' },
  mutants: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  write: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** Reads the words after the command. Throws a `UsageError` for what cannot be meant. */
export function orderOf(words: readonly string[]): Order {
  const values = valuesOf(words)
  if (values.help) return { do: 'help' }
  if (values.mutants) return huntOf(values)
  refuse(values, ['only', 'write'], 'is for --mutants')
  const setting: Setting = {
    processes: numberOf(values, 'processes', 1, PROCESSES_MAX) ?? DEFAULT_PROCESSES,
    events: numberOf(values, 'events', 1, EVENTS_MAX) ?? DEFAULT_EVENTS,
    drills: !values['no-drills'],
    without: (values.without ?? []).map(faultKind),
  }
  const seed = numberOf(values, 'seed', 0, SEED_MAX)
  if (seed !== undefined) {
    refuse(values, ['seeds', 'from', 'workers'], 'does not go with --seed')
    return { do: 'seed', seed, setting }
  }
  return {
    do: 'seeds',
    from: numberOf(values, 'from', 0, SEED_MAX) ?? 1,
    count: numberOf(values, 'seeds', 1, SEED_MAX) ?? DEFAULT_SEEDS,
    workers: workersOf(values),
    setting,
  }
}

function valuesOf(words: readonly string[]): Values {
  try {
    return parseArgs({ args: [...words], options: OPTIONS }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function huntOf(values: Values): Order {
  refuse(
    values,
    ['seed', 'from', 'processes', 'events', 'no-drills', 'without'],
    'does not go with --mutants',
  )
  const names = values.only ?? []
  const writes = values.write ?? false
  const count = numberOf(values, 'seeds', 1, SEED_MAX) ?? DEFAULT_HUNT_SEEDS
  return { do: 'mutants', count, workers: workersOf(values), names, writes }
}

function workersOf(values: Values): number {
  return numberOf(values, 'workers', 1, WORKERS_MAX) ?? availableParallelism()
}

function refuse(values: Values, names: readonly (keyof Values)[], why: string): void {
  for (const name of names) if (values[name] !== undefined) throw new UsageError(`--${name} ${why}`)
}

function numberOf(
  values: Values,
  name: 'seeds' | 'from' | 'seed' | 'processes' | 'events' | 'workers',
  least: number,
  most: number,
): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, and not "${text}"`)
}

function faultKind(text: string): FaultKind {
  const kind = FAULT_KINDS.find(each => each === text)
  if (kind !== undefined) return kind
  throw new UsageError(
    `--without takes a kind of fault, and not "${text}"; there are ${FAULT_KINDS.join(', ')}`,
  )
}
