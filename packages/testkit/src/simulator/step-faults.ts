import type { AuthorizationServer } from './authorization-server.ts'
import type { FaultKind, FaultPlan } from './fault-plan.ts'
import type { Fleet } from './fleet.ts'
import { CLOCK_ERROR_MS_MAX } from './machine.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { ResourceServer } from './resource-server.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedStore } from './simulated-store.ts'
import type { World } from './world.ts'

/** Everything that a fault can strike. */
export interface Targets {
  readonly world: World
  readonly faults: FaultPlan
  readonly fleet: Fleet
  readonly store: SimulatedStore
  readonly network: Network
  readonly server: AuthorizationServer
  readonly api: ResourceServer
  readonly grants: readonly SimulatedGrant[]
}

/** What strikes, at a step of which process and about which grant. Returns whether it could. */
type Strike = (targets: Targets, process: SimulatedProcess, grant: SimulatedGrant, random: Random) => boolean

/** What can happen between two steps of a process. */
const STRIKES: { readonly [Kind in FaultKind]?: Strike } = {
  crash: ({ world, fleet }, process, _, random) => {
    fleet.crash(process)
    if (random.chance(0.8)) world.after(standstillMs(random), undefined, () => fleet.start(process.machine))
    return true
  },
  close: ({ world, fleet }, process, _, random) => {
    if (process.closing) return false
    fleet.close(process, () => {
      world.after(random.between(0, 5_000), undefined, () => fleet.start(process.machine))
    })
    return true
  },
  pause: ({ world }, process, _, random) => {
    const timersFirst = random.chance(0.5)
    process.suspend()
    world.note(process, 'pause')
    world.after(standstillMs(random), undefined, () => resume(process, 0, timersFirst))
    return true
  },
  sleep: ({ world }, process, _, random) => {
    const ms = standstillMs(random)
    process.suspend()
    world.note(process, 'sleep')
    world.after(ms, undefined, () => resume(process, ms, true))
    return true
  },
  clock_forward: ({ world }, process, _, random) => {
    const ms = jumpMs(random)
    const errorMs = Math.max(process.now - world.now, process.machine.clockErrorMs)
    if (errorMs + ms > CLOCK_ERROR_MS_MAX) return false
    return set(process, ms)
  },
  clock_back: (_, process, __, random) => {
    const ms = jumpMs(random)
    if (process.machine.clockErrorMs - ms < -CLOCK_ERROR_MS_MAX) return false
    // What a clock lost while nobody could see it is lost without a trace.
    return process.machine.wasObserved && set(process, -ms)
  },
  store_cut_off: ({ store }, process, _, random) => {
    store.cutOff(random.chance(0.5) ? process : undefined, standstillMs(random))
    return true
  },
  record_flushed: ({ store, grants }) => {
    const held = grants.filter(grant => store.holds(grant))
    for (const grant of held) store.lose(grant, undefined, 'flushed')
    return held.length > 0
  },
  record_evicted: ({ store }, _, grant) => {
    if (!store.holds(grant)) return false
    store.lose(grant, undefined, 'evicted')
    return true
  },
  record_rolled_back: ({ store }, _, grant) => {
    const earlier = store.earlierOf(grant)
    if (earlier === undefined) return false
    store.lose(grant, earlier, 'rolled back')
    return true
  },
  record_garbled: ({ store, grants }, _, grant, random) => {
    const foreign = store.valueOf(grants[random.below(grants.length)] as SimulatedGrant)
    const garbage = random.pick([
      '',
      'null',
      '[]',
      '{"format":1}',
      foreign?.slice(0, -9) ?? '{',
      foreign ?? '{}',
    ])
    if (garbage === store.valueOf(grant)) return false
    store.plant(grant, garbage, 'garbled')
    return true
  },
  record_newer: ({ store, world }, _, grant, random) => {
    store.plant(grant, '{"format":99,"fence":1}', 'newer')
    const value = store.valueOf(grant)
    world.after(standstillMs(random), undefined, () => {
      if (store.valueOf(grant) === value) store.lose(grant, undefined, 'older again')
    })
    return true
  },
  hint_false: ({ store }, process) => {
    if (store.hints.countOf(process) === 0) return false
    store.hints.tellFalsely(process)
    return true
  },
  subscription_silent: ({ store }, process) => {
    if (store.hints.countOf(process) === 0) return false
    store.hints.silence(process)
    return true
  },
  endpoint_down: ({ network }, _, __, random) => {
    network.breakDown('endpoint_down', standstillMs(random))
    return true
  },
  client_refused: ({ network }, _, __, random) => {
    network.breakDown('client_refused', standstillMs(random))
    return true
  },
  token_revoked: ({ server }, _, grant) => server.revokeToken(grant),
  grant_revoked: ({ server, world }, _, grant) => {
    if (!grant.delegated || !server.revokeGrant(grant)) return false
    grant.history.blames.set('grant revoked', world.now)
    return true
  },
  api_refuses: ({ api }, _, __, random) => {
    api.refuseAll(standstillMs(random))
    return true
  },
}

const KINDS = Object.keys(STRIKES) as FaultKind[]

/** Lets the faults that a world knows strike between the steps of its processes. */
export function strikeSteps(targets: Targets): void {
  const { world, faults, grants } = targets
  const random = world.random('steps')
  world.beforeStep = owner => {
    const kind = faults.strikeStep(KINDS)
    if (kind === undefined) return
    const process = targets.fleet.processes.find(each => each === owner)
    if (process === undefined || (process.suspended && kind !== 'crash')) return
    const grant = grants[random.below(grants.length)] as SimulatedGrant
    if (STRIKES[kind]?.(targets, process, grant, random)) faults.count(kind)
  }
}

/** Goes on after a standstill, in `sleptMs` of which the machine slept. */
function resume(process: SimulatedProcess, sleptMs: number, timersFirst: boolean): void {
  if (!process.alive || !process.suspended) return
  process.machine.sleptMs += sleptMs
  if (sleptMs > 0) process.machine.wasObserved = false
  process.world.note(process, 'resume')
  process.resume(timersFirst)
}

function set(process: SimulatedProcess, ms: number): boolean {
  process.machine.set(ms)
  process.world.note(process, 'clock set', () => `by ${ms} ms`)
  return true
}

/** How long something lasts: a moment, about as long as a lease, or minutes. */
function standstillMs(random: Random): number {
  const kind = random.next()
  if (kind < 0.35) return random.between(10, 2_500)
  if (kind < 0.85) return random.between(2_500, 40_000)
  return random.between(40_000, 240_000)
}

/** How far a clock is set: by less than anybody looks at, by seconds, or by minutes. */
function jumpMs(random: Random): number {
  return random.pick([random.between(1, 999), random.between(1_000, 30_000), random.between(30_000, 290_000)])
}
