import { AuthorizationServer } from './authorization-server.ts'
import type { FaultKind } from './fault-plan.ts'
import { Fleet } from './fleet.ts'
import { historian } from './grant-history.ts'
import { HintLine } from './hint-line.ts'
import { watchPromises } from './invariants/promises.ts'
import { Network } from './network.ts'
import { playPhases } from './phases.ts'
import type { Program, Surroundings } from './program.ts'
import { ResourceServer } from './resource-server.ts'
import { drawScenario } from './scenario.ts'
import { type SimulatedGrant, simulatedGrant } from './simulated-grant.ts'
import { SimulatedStore } from './simulated-store.ts'
import { Trace } from './trace.ts'
import { Workload } from './workload.ts'
import { BEGINNING_MS, type Violation, World } from './world.ts'

export interface SimulationOptions {
  /** A whole number: what happens depends on it and on the program, and on nothing else. */
  readonly seed: number
  /** Starts the program under test in its surroundings. */
  readonly open: (surroundings: Surroundings) => Program
  /** 1 or more, 3 by default. */
  readonly processes?: number
  /** Events until the faults end, 200 by default; as many again may follow. */
  readonly events?: number
  /** Whether what a healthy fleet does is counted after the calm. `true` by default. */
  readonly drills?: boolean
  /** Kinds of faults that must not strike; none by default. */
  readonly without?: readonly FaultKind[]
  /** Whether to write a trace. `false` by default: it costs more than the simulation. */
  readonly traces?: boolean
}

/** How a simulation went. */
export interface SimulationResult {
  readonly seed: number
  /** The first promise that was broken; `undefined` when all were kept. */
  readonly violation: Violation | undefined
  readonly events: number
  /** How much true time has passed, in ms. */
  readonly passedMs: number
  /** How often each kind of fault has struck. */
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly trace: Trace | undefined
}

/**
 * Plays the schedule of one seed: processes that run the program, on clocks that are wrong, over a network, a
 * store and servers that fail; first with faults, then without. Checks every promise after every event.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, open, processes = 3, events = 200, drills = true } = options
  const { without = [], traces = false } = options
  const world = new World(seed, traces ? new Trace(BEGINNING_MS) : undefined)
  const scenario = drawScenario(world, { processes, events, without })
  const { faults } = scenario
  const grants = scenario.grants.map((rules, index) => simulatedGrant(index, rules))
  world.watch(historian)
  const server = new AuthorizationServer(grants, () => world.now)
  const network = new Network(world, server, faults)
  const hints = new HintLine(world, faults, scenario.store.latencyMsMax)
  const store = new SimulatedStore(world, scenario.store, hints, faults)
  const api = new ResourceServer(world, server)
  const seeds = new Map<SimulatedGrant, string>()
  for (const grant of grants) {
    if (grant.delegated && grant.rules.seeded) seeds.set(grant, server.signIn(grant).refreshToken)
  }
  const seedOf = (grant: SimulatedGrant) => seeds.get(grant)
  const fleet = new Fleet({ world, store, network, faults, grants, roles: scenario.roles, seedOf, open })
  const workload = new Workload(world, server, api, faults)
  const parts = { world, scenario, grants, server, network, store, api, faults, fleet, workload }
  world.note({ name: 'world' }, 'scenario', () =>
    JSON.stringify(scenario, (name, value) => (name === 'faults' ? undefined : value)),
  )
  watchPromises(parts)
  await playPhases(parts, drills)
  return {
    seed,
    violation: world.violation,
    events: world.events,
    passedMs: world.now - BEGINNING_MS,
    faults: faults.counts,
    trace: world.trace,
  }
}
