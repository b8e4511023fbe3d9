import type { FaultPlan } from './fault-plan.ts'
import { CLOCK_ERROR_MS_MAX, Machine } from './machine.ts'
import type { Network } from './network.ts'
import type { GrantWish, Program, Surroundings } from './program.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedStore } from './simulated-store.ts'
import type { World } from './world.ts'

/** How a process goes about its grants. */
export interface Role {
  readonly role: 'renewer' | 'follower'
  readonly keepWarm: boolean
  /** Whether it takes new tokens as they come, besides asking for them. */
  readonly watches: boolean
}

/** What a fleet is made of. */
export interface FleetParts {
  readonly world: World
  readonly store: SimulatedStore
  readonly network: Network
  readonly faults: FaultPlan
  readonly grants: readonly SimulatedGrant[]
  /** One for each machine. */
  readonly roles: readonly Role[]
  /** The refresh token that a delegated grant is configured with; `undefined` when it begins with a sign-in. */
  readonly seedOf: (grant: SimulatedGrant) => string | undefined
  /** Starts the program under test. */
  readonly open: (surroundings: Surroundings) => Program
}

const SECRET_LATE_MS_MAX = 4_000

/** The processes of a simulated service, one on each machine, and those that have taken the place of earlier ones. */
export class Fleet {
  readonly machines: readonly Machine[]
  readonly #parts: FleetParts
  readonly #random
  readonly #current = new Map<Machine, SimulatedProcess>()
  readonly #starts = new Map<Machine, number>()
  /** Called for every process that has been started. */
  onStart: (process: SimulatedProcess) => void = () => undefined
  /** Whether nobody is started any more. */
  #isComplete = false
  #holders = 0

  constructor(parts: FleetParts) {
    const { world, faults, roles } = parts
    this.#parts = parts
    this.#random = world.random('fleet')
    this.machines = roles.map(() => {
      const isWrong = faults.knows('skew') && this.#random.chance(0.7)
      if (isWrong) faults.count('skew')
      const errorMs = this.#random.between(-CLOCK_ERROR_MS_MAX, CLOCK_ERROR_MS_MAX)
      return new Machine(world, isWrong ? errorMs : 0)
    })
  }

  /** Those that are running, or standing still. */
  get processes(): readonly SimulatedProcess[] {
    return [...this.#current.values()]
  }

  /** What the process on a machine is for. */
  roleOf(machine: Machine): Role {
    return (
      this.#parts.roles[this.machines.indexOf(machine)] ?? {
        role: 'renewer',
        keepWarm: false,
        watches: false,
      }
    )
  }

  /** Starts a process on a machine that has none. */
  start(machine: Machine): void {
    if (this.#isComplete || this.#current.has(machine)) return
    const { world, grants, open, store, network } = this.#parts
    const starts = (this.#starts.get(machine) ?? 0) + 1
    this.#starts.set(machine, starts)
    const name = `p${this.machines.indexOf(machine) + 1}.${starts}`
    const process = new SimulatedProcess(world, machine, name, grants)
    this.#current.set(machine, process)
    world.note(process, 'start')
    const random = world.random(`program ${name}`)
    const program = open({
      store: store.portOf(process),
      transport: network.transportOf(process),
      time: machine.timeFor(process, process.timers),
      random: random.next,
      newHolderName: () => `${name}-${++this.#holders}`,
    })
    // The program has begun before anything reaches it.
    world.after(0, process, () => {
      process.run(program, grant => program.source(this.#wish(process, grant)))
      const { watches } = this.roleOf(machine)
      if (watches) for (const grant of grants) process.watch(grant)
      world.tell('process.started', { process })
      this.onStart(process)
    })
  }

  #wish(process: SimulatedProcess, grant: SimulatedGrant): GrantWish {
    const { role, keepWarm } = this.roleOf(process.machine)
    const seed = this.#parts.seedOf(grant)
    const { clientId, provider, subject, type, rules } = grant
    return {
      provider,
      client: { id: clientId, secret: { read: () => this.#readSecret(process, grant) } },
      grant:
        type === 'client_credentials'
          ? { type }
          : { type, ...(seed !== undefined && { refreshToken: seed }) },
      subject,
      keepWarm,
      role,
      policy: rules.policy,
    }
  }

  #readSecret(process: SimulatedProcess, { clientSecret }: SimulatedGrant): string | Promise<string> {
    const { faults, world } = this.#parts
    const fault = faults.strikeOperation(['secret_late'])
    if (fault === undefined) return clientSecret
    faults.count(fault)
    return new Promise(resolve => {
      world.after(this.#random.below(SECRET_LATE_MS_MAX), process, () => resolve(clientSecret))
    })
  }

  /** From now on nobody is started any more. */
  complete(): void {
    this.#isComplete = true
  }

  /** Ends a process at once. */
  crash(process: SimulatedProcess): void {
    this.#remove(process, 'crash')
  }

  /** Ends a process in good order, in the time that it takes; `then` is called just before it is gone. */
  close(process: SimulatedProcess, then: () => void): void {
    if (process.closing) return
    process.closingAtMs = process.runningMs
    this.#parts.world.after(0, process, () => {
      process.close().then(
        () => {
          if (!process.alive) return
          then()
          this.#remove(process, 'close')
        },
        (error: unknown) => this.#parts.world.fail('L6', `close() of ${process.name} threw ${String(error)}`),
      )
    })
  }

  #remove(process: SimulatedProcess, how: 'crash' | 'close'): void {
    process.end(how)
    this.#parts.store.hints.forget(process)
    this.#current.delete(process.machine)
  }
}
