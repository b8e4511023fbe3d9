import type { Version } from '@evergrant/core'
import type { FaultKind, FaultPlan } from './fault-plan.ts'
import type { Random } from './random.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

interface Subscription {
  readonly process: SimulatedProcess
  readonly grant: SimulatedGrant
  readonly onChange: (version?: Version) => void
  silent: boolean
}

const HINT_FAULTS: readonly FaultKind[] = ['hint_lost', 'hint_late', 'hint_twice']

/** The way by which a store tells of changes: nothing on it is certain. */
export class HintLine {
  readonly #world: World
  readonly #faults: FaultPlan
  readonly #random: Random
  readonly #latencyMsMax: number
  readonly #subscriptions = new Set<Subscription>()

  constructor(world: World, faults: FaultPlan, latencyMsMax: number) {
    this.#world = world
    this.#faults = faults
    this.#random = world.random('hints')
    this.#latencyMsMax = latencyMsMax
  }

  subscribe(
    process: SimulatedProcess,
    grant: SimulatedGrant,
    onChange: (version?: Version) => void,
  ): Promise<() => Promise<void>> {
    const fault = this.#faults.strikeOperation(['subscription_failed'])
    const subscription: Subscription = { process, grant, onChange, silent: false }
    return new Promise((resolve, reject) => {
      this.#world.after(this.#latency(), process, () => {
        if (fault !== undefined) {
          this.#faults.count(fault)
          return reject(new Error('the store refuses the subscription'))
        }
        this.#subscriptions.add(subscription)
        resolve(async () => {
          this.#subscriptions.delete(subscription)
        })
      })
    })
  }

  /** Whether changes of a grant are told to a process. */
  isTold(process: SimulatedProcess, grant: SimulatedGrant): boolean {
    for (const each of this.#subscriptions) {
      if (each.process === process && each.grant === grant) return !each.silent
    }
    return false
  }

  /** Tells everybody who wants to know that a key has changed; and to which version, unless that is `undefined`. */
  changed(grant: SimulatedGrant, version: Version | undefined): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.grant !== grant || subscription.silent || !subscription.process.alive) continue
      const fault = this.#faults.strikeOperation(HINT_FAULTS)
      if (fault !== undefined) this.#faults.count(fault)
      if (fault === 'hint_lost') continue
      this.#deliver(subscription, version, fault === 'hint_late' ? this.#random.between(500, 60_000) : 0)
      if (fault === 'hint_twice') this.#deliver(subscription, version, this.#random.between(0, 3_000))
    }
  }

  #deliver(subscription: Subscription, version: Version | undefined, lateMs: number): void {
    this.#world.after(this.#latency() + lateMs, subscription.process, () => {
      if (!this.#subscriptions.has(subscription)) return
      this.#world.note(
        subscription.process,
        'hint',
        () => `of grant ${subscription.grant.index} ${version ?? ''}`,
      )
      subscription.onChange(version)
    })
  }

  /** Tells of a change that never was. */
  tellFalsely(process: SimulatedProcess): void {
    for (const each of this.#subscriptions) if (each.process === process) this.#deliver(each, undefined, 0)
  }

  /** The subscriptions of a process go on standing and tell nothing any more. */
  silence(process: SimulatedProcess): void {
    for (const each of this.#subscriptions) if (each.process === process) each.silent = true
  }

  /** All subscriptions tell again. */
  heal(): void {
    for (const each of this.#subscriptions) each.silent = false
  }

  /** Those of a process that is gone are gone with it. */
  forget(process: SimulatedProcess): void {
    for (const each of this.#subscriptions) if (each.process === process) this.#subscriptions.delete(each)
  }

  /** How many subscriptions a process has. */
  countOf(process: SimulatedProcess): number {
    let count = 0
    for (const each of this.#subscriptions) if (each.process === process) count += 1
    return count
  }

  #latency(): number {
    return this.#random.between(0, this.#latencyMsMax)
  }
}
