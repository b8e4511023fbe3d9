import type { AuthorizationServer } from './authorization-server.ts'
import type { Call } from './call.ts'
import type { FaultPlan } from './fault-plan.ts'
import type { ResourceServer } from './resource-server.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { CallOptions, SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

const BURST_MAX = 12
const USE_WITHIN_MS = 3_000

/** What an application does with tokens: asks, uses, rejects, asks again; and the users who sign in. */
export class Workload {
  readonly #world: World
  readonly #server: AuthorizationServer
  readonly #api: ResourceServer
  readonly #faults: FaultPlan
  readonly #random
  /** Grants for which a user is about to sign in again. */
  readonly #signingIn = new Set<SimulatedGrant>()
  #stopped = false

  constructor(world: World, server: AuthorizationServer, api: ResourceServer, faults: FaultPlan) {
    this.#world = world
    this.#server = server
    this.#api = api
    this.#faults = faults
    this.#random = world.random('workload')
  }

  /** No more calls. */
  stop(): void {
    this.#stopped = true
  }

  /** Lets the callers of a process go about their business, as long as it lives. */
  begin(process: SimulatedProcess): void {
    this.#world.after(this.#pauseMs(process), process, () => {
      if (this.#stopped || process.closing) return
      this.#act(process)
      this.begin(process)
    })
  }

  /** From a few milliseconds to more than the life of a token. */
  #pauseMs({ grants }: SimulatedProcess): number {
    const random = this.#random
    const kind = random.next()
    if (kind < 0.35) return random.below(60)
    if (kind < 0.65) return random.between(60, 3_000)
    if (kind < 0.88) return random.between(3_000, 30_000)
    const lifeMs = Math.min(...grants.map(({ rules }) => rules.lifeMs))
    return Math.floor(Math.min(lifeMs, 900_000) * (0.3 + random.next()))
  }

  #act(process: SimulatedProcess): void {
    const random = this.#random
    const grant = process.grants[random.below(process.grants.length)] as SimulatedGrant
    const kind = random.next()
    if (kind < 0.03) return process.explain(grant)
    if (kind < 0.05 && grant.delegated) return this.#command(process, grant)
    const count = random.chance(0.2) ? random.between(2, BURST_MAX) : 1
    for (let i = 0; i < count; i++) process.token(grant, this.#options(grant))
  }

  #options({ rules }: SimulatedGrant): CallOptions {
    const random = this.#random
    const whenEnded = (call: Call) => this.#ended(call)
    const kind = random.next()
    if (kind < 0.12) return { whenEnded, minValidForMs: Math.floor(random.next() * rules.lifeMs * 1.3) }
    if (kind < 0.22) return { whenEnded, timeoutMs: random.between(10, 4_000) }
    if (kind < 0.3 && this.#faults.active && this.#faults.knows('caller_leaves')) {
      this.#faults.count('caller_leaves')
      return { whenEnded, abandonAfterMs: random.below(2_000) }
    }
    return { whenEnded }
  }

  #ended({ process, grant, outcome }: Call): void {
    if (this.#stopped || outcome === undefined) return
    if (outcome.ok && outcome.token) {
      if (this.#random.chance(0.3)) this.#use(process, grant, outcome.token.accessToken)
    } else if (!outcome.ok && outcome.failure?.kind === 'reauthorize' && this.#random.chance(0.3)) {
      this.signInSoon(process, grant)
    }
  }

  /** A token is used; when it is not accepted, the program is told, and asked for another. */
  #use(process: SimulatedProcess, grant: SimulatedGrant, accessToken: string): void {
    this.#world.after(this.#random.below(USE_WITHIN_MS), process, () => {
      if (this.#stopped || process.closing || this.#api.accepts(accessToken)) return
      process.reject(grant, accessToken)
      if (this.#random.chance(0.8)) process.token(grant, { whenEnded: call => this.#ended(call) })
    })
  }

  #command(process: SimulatedProcess, grant: SimulatedGrant): void {
    if (this.#random.chance(0.5)) return process.drop(grant)
    this.signInSoon(process, grant)
  }

  /** A user signs in, and the process is given what that brings. */
  signInSoon(process: SimulatedProcess, grant: SimulatedGrant): void {
    if (this.#signingIn.has(grant)) return
    this.#signingIn.add(grant)
    this.#world.after(this.#random.between(0, 8_000), undefined, () => {
      if (this.#stopped) return
      const { issue, refreshToken } = this.#server.signIn(grant)
      this.#signingIn.delete(grant)
      this.#world.after(this.#random.below(500), process, () => {
        // What comes too late is not offered as if it were good.
        if (this.#stopped || process.closing || this.#world.now >= issue.expiresAt) return
        process.receive(grant, issue, refreshToken)
      })
    })
  }
}
