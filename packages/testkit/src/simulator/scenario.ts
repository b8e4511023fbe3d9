import { FAULT_KINDS, type FaultKind, FaultPlan } from './fault-plan.ts'
import type { Role } from './fleet.ts'
import type { Random } from './random.ts'
import type { GrantRules } from './simulated-grant.ts'
import type { StoreRules } from './simulated-store.ts'
import type { World } from './world.ts'

/** What a seed stands for, before anything has happened. */
export interface Scenario {
  readonly grants: readonly GrantRules[]
  /** One for each process. */
  readonly roles: readonly Role[]
  readonly store: StoreRules
  readonly faults: FaultPlan
  /** Events until the faults end. */
  readonly stormEvents: number
}

export interface ScenarioLimits {
  readonly processes: number
  readonly events: number
  /** Kinds of faults that must not strike. */
  readonly without: readonly FaultKind[]
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Draws a scenario: a few grants, some processes, a store, and some of the faults. */
export function drawScenario(world: World, limits: ScenarioLimits): Scenario {
  const random = world.random('scenario')
  const keepWarm = random.chance(0.4)
  const hasClock = random.chance(0.8)
  // Where the store tells no time, machines either agree about it, or tokens must live long to be shared.
  const agree = !hasClock && random.chance(0.5)
  const without = agree ? [...limits.without, ...CLOCK_FAULTS] : limits.without
  const grants = Array.from({ length: random.chance(0.25) ? 2 : 1 }, () => drawGrant(random, keepWarm, agree))
  return {
    grants,
    // Nobody can follow where tokens cannot be shared.
    roles: drawRoles(random, limits.processes, keepWarm, hasClock || agree),
    store: {
      hasClock,
      tellsChanges: random.chance(0.75),
      namesVersions: random.chance(0.5),
      clockErrorMs: random.chance(0.5) ? random.between(-10 * MINUTE, 10 * MINUTE) : 0,
      latencyMsMax: random.pick([2, 20, 150]),
    },
    faults: drawFaults(random, world, without),
    stormEvents: limits.events,
  }
}

const CLOCK_FAULTS: readonly FaultKind[] = ['skew', 'clock_forward', 'clock_back']

function drawGrant(random: Random, keepWarm: boolean, clocksAgree: boolean): GrantRules {
  const kind = random.pick<GrantRules['kind']>([
    'client',
    'single_use',
    'single_use',
    'client_refreshed',
    'reusable',
  ])
  const lifetimeAs = random.pick<GrantRules['lifetimeAs']>(['number', 'number', 'number', 'text', 'absent'])
  const graceMs = random.chance(0.3) ? 30 * SECOND : 0
  // A process that is kept warm wakes every minute: a month of that is a month of nothing.
  const lives = [20 * SECOND, MINUTE, 5 * MINUTE, 20 * MINUTE, keepWarm ? HOUR : 30 * DAY] as const
  const lifeMs = lifetimeAs === 'absent' ? HOUR : random.pick(lives)
  return {
    kind,
    lifeMs,
    lifetimeAs,
    repeats: kind === 'client' && lifeMs <= 5 * MINUTE && random.chance(0.3),
    graceMs,
    rotatesAlways: random.chance(0.75),
    seeded: random.chance(0.5),
    policy: {
      ...(clocksAgree && { clockSkewMs: SECOND }),
      ...(graceMs > 0 && random.chance(0.7) && { replayWindowMs: graceMs - 10 * SECOND }),
      ...(random.chance(0.2) && { pollMs: random.pick([200, 3_000]) }),
      ...(random.chance(0.2) && { commitBudgetMs: random.pick([0, 500]) }),
      ...(random.chance(0.2) && { quickRetriesMax: random.pick([0, 4]) }),
    },
  }
}

/** At least one of them renews; where others follow, it does so without being asked. */
function drawRoles(random: Random, count: number, keepWarm: boolean, mayFollow: boolean): Role[] {
  const hasFollowers = keepWarm && mayFollow && random.chance(0.5)
  return Array.from({ length: count }, (_, i) => ({
    role: hasFollowers && i > 0 && random.chance(0.5) ? 'follower' : 'renewer',
    keepWarm: keepWarm && ((hasFollowers && i === 0) || random.chance(0.7)),
    watches: keepWarm && random.chance(0.3),
  }))
}

/** No faults at all, a few, or many; of some kinds, so that each of them is tried without the others too. */
function drawFaults(random: Random, world: World, without: readonly FaultKind[]): FaultPlan {
  const share = random.pick([0.15, 0.4, 1])
  const kinds = FAULT_KINDS.filter(kind => random.chance(share) && !without.includes(kind))
  const chance = world.random('faults')
  const weather = random.next()
  if (weather < 0.1) return new FaultPlan([], 0, 0, chance)
  if (weather < 0.5) return new FaultPlan(kinds, 0.04, 0.006, chance)
  if (weather < 0.85) return new FaultPlan(kinds, 0.12, 0.015, chance)
  return new FaultPlan(kinds, 0.35, 0.03, chance)
}
