import { setTimeout as sleep } from 'node:timers/promises'
import type { FleetProcesses } from './fleet-processes.ts'
import type { FleetLibraryName } from './fleet-program.ts'
import type { Endpoint } from './library.ts'
import { redisWatch } from './redis-watch.ts'
import { median } from './rounds.ts'
import type { TokenEndpoint } from './token-endpoint.ts'

export const CALLERS = 100
const ROUNDS = 20
/** Rounds until the engine has compiled what the others measure. */
const WARM_UPS = 15
/** Rounds in which commands are counted, and times are not. */
const COUNTED_ROUNDS = 3
/** How long the tokens live whose renewals are counted, and when they are due: a tenth of it later. */
export const SHORT_LIFETIME_S = 6
const DUE_AFTER_MS = 700
/** How long, in ms, commands are awaited that nobody waits for. */
const SETTLE_MS = 200

export interface FleetTimes {
  readonly library: FleetLibraryName
  /** By round, in ms. */
  readonly limit: readonly number[]
  readonly last: readonly number[]
  /** Of all processes in all rounds, as a multiple of the round's limit. */
  readonly timesLimit: readonly number[]
  /** In the round in which there were most. */
  readonly requests: number
}

export interface FleetCommands {
  /** Of one process that is alone on a cold key. */
  readonly alone: number
  /** Of each process beyond the first on a cold key. */
  readonly perFollower: number
  /** Of each process whose callers ask again. */
  readonly perCached: number
  /** Of one process that renews and is alone; `NaN` where there is no renewal. */
  readonly renewer: number
  /** Of each process that learns of a renewal; `NaN` where there is none. */
  readonly perRenewalFollower: number
}

export interface FleetResult extends FleetTimes {
  readonly commands: FleetCommands
}

/** How long it takes until all have the token, in turn with the limit. */
export async function timesOf(
  library: FleetLibraryName,
  processes: FleetProcesses,
  limitProcess: FleetProcesses,
  endpoint: TokenEndpoint,
): Promise<FleetTimes> {
  await processes.askApart(i => endpoint.as(`${library}-apart-${i}`))
  const limit: number[] = []
  const last: number[] = []
  const timesLimit: number[] = []
  let requests = 0
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const id = `${library}-${round}`
    const [least] = await limitProcess.ask(endpoint.as('limit'), 1)
    const answers = await processes.ask(endpoint.as(id), CALLERS)
    requests = Math.max(requests, endpoint.requestsOf(id))
    if (least === undefined || round < 0) continue
    const limitMs = least.heldAt - least.askedAt
    const askedAt = Math.min(...answers.map(answer => answer.askedAt))
    const times = answers.map(answer => answer.heldAt - askedAt)
    limit.push(limitMs)
    last.push(Math.max(...times))
    timesLimit.push(...times.map(ms => ms / limitMs))
  }
  return { library, limit, last, timesLimit, requests }
}

/** Counts the commands. With `short`, whose tokens are due at once, those of renewals too. */
export async function commandsOf(
  library: FleetLibraryName,
  processes: FleetProcesses,
  { long, short, redisUrl }: { long: TokenEndpoint; short: TokenEndpoint | undefined; redisUrl: string },
): Promise<FleetCommands> {
  const watch = await redisWatch(redisUrl)
  /** How many commands it takes. */
  async function countOf(act: () => Promise<unknown>): Promise<number> {
    await sleep(SETTLE_MS)
    await watch.taken()
    await act()
    await sleep(SETTLE_MS)
    return (await watch.taken()).length
  }
  const followers = processes.size - 1

  async function ofColdKeys(round: number) {
    const shared = long.as(`${library}-shared-${round}`)
    const alone = await countOf(() => processes.ask(long.as(`${library}-own-${round}`), CALLERS, 1))
    const together = await countOf(() => processes.ask(shared, CALLERS))
    const again = await countOf(() => processes.ask(shared, CALLERS))
    return { alone, perFollower: (together - alone) / followers, perCached: again / processes.size }
  }

  async function ofRenewals(round: number) {
    if (short === undefined) return { renewer: Number.NaN, perRenewalFollower: Number.NaN }
    const own = short.as(`${library}-own-due-${round}`)
    const shared = short.as(`${library}-shared-due-${round}`)
    const renewer = await countOfRenewal(own, 1)
    const together = await countOfRenewal(shared, processes.size)
    return { renewer, perRenewalFollower: (together - renewer) / followers }
  }

  async function countOfRenewal(endpoint: Endpoint, holders: number): Promise<number> {
    await processes.ask(endpoint, CALLERS, holders)
    await sleep(DUE_AFTER_MS)
    return countOf(() => processes.ask(endpoint, CALLERS, 1))
  }

  try {
    const rounds: FleetCommands[] = []
    for (let round = 0; round < COUNTED_ROUNDS; round++) {
      rounds.push({ ...(await ofColdKeys(round)), ...(await ofRenewals(round)) })
    }
    const middle = (name: keyof FleetCommands) => median(rounds.map(commands => commands[name]))
    return {
      alone: middle('alone'),
      perFollower: middle('perFollower'),
      perCached: middle('perCached'),
      renewer: middle('renewer'),
      perRenewalFollower: middle('perRenewalFollower'),
    }
  } finally {
    watch.close()
  }
}
