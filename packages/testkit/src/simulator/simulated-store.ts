import type { Change, Entry, Store, Version, WriteResult } from '@evergrant/core'
import type { FaultKind, FaultPlan } from './fault-plan.ts'
import type { HintLine } from './hint-line.ts'
import type { Random } from './random.ts'
import type { SimulatedGrant } from './simulated-grant.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { readStored, type StoredRecord } from './stored-record.ts'
import type { World } from './world.ts'

/** One state of one key. */
export interface Stored {
  readonly value: string
  readonly version: Version
  /** By the store's clock. */
  readonly storedAt: number
  /** Until when it is kept, by the store's clock; `undefined`: for good. */
  readonly keptUntil: number | undefined
  /** `undefined`: the bytes are no record. */
  readonly record: StoredRecord | undefined
}

export interface StoreRules {
  /** Whether the store tells the time. */
  readonly hasClock: boolean
  /** Whether it tells of changes. */
  readonly tellsChanges: boolean
  /** Whether it says to which version something has changed. */
  readonly namesVersions: boolean
  /** How far its clock is from the true time, in ms. */
  readonly clockErrorMs: number
  /** Longest way there, and back, in ms. */
  readonly latencyMsMax: number
}

const READ_FAULTS: readonly FaultKind[] = ['store_stalled', 'store_failed', 'store_slow', 'store_late']
const WRITE_FAULTS: readonly FaultKind[] = [...READ_FAULTS, 'store_applied', 'store_unanswered']

/** Earlier states of a key that a store may fall back to. */
const HISTORY_MAX = 6

/** A compare-and-swap store on a network, which fails, stalls, forgets and falls behind. */
export class SimulatedStore {
  readonly rules: StoreRules
  readonly hints: HintLine
  readonly #world: World
  readonly #faults: FaultPlan
  readonly #random: Random
  readonly #states = new Map<SimulatedGrant, Stored>()
  readonly #earlier = new Map<SimulatedGrant, Stored[]>()
  /** Who cannot reach it, how operations end meanwhile, and until when. */
  #cut:
    | { readonly process: SimulatedProcess | undefined; readonly as: FaultKind; readonly until: number }
    | undefined
  #writes = 0

  constructor(world: World, rules: StoreRules, hints: HintLine, faults: FaultPlan) {
    this.rules = rules
    this.hints = hints
    this.#world = world
    this.#faults = faults
    this.#random = world.random('store')
  }

  get now(): number {
    return this.#world.now + this.rules.clockErrorMs
  }

  /** The store as one process reaches it. */
  portOf(process: SimulatedProcess): Store {
    const grantOf = (key: string) => {
      const grant = process.grants.find(each => each.key === key)
      if (grant === undefined) this.#world.fail('S9', `${process.name} asked the store for a key of nobody`)
      return grant ?? (process.grants[0] as SimulatedGrant)
    }
    return {
      traits: { scope: 'shared', durable: true, evicts: true, staleMsMax: 0 },
      read: key => this.#operate(process, grantOf(key), undefined) as Promise<Entry | undefined>,
      write: (key, change) => this.#operate(process, grantOf(key), change) as Promise<WriteResult>,
      ...(this.rules.tellsChanges && {
        subscribe: (key: string, onChange: (version?: Version) => void) =>
          this.hints.subscribe(process, grantOf(key), onChange),
      }),
    }
  }

  // Operations

  #operate(
    process: SimulatedProcess,
    grant: SimulatedGrant,
    change: Change | undefined,
  ): Promise<Entry | undefined | WriteResult> {
    const operation = change === undefined ? 'read' : 'write'
    const fault = this.#strike(process, operation)
    this.#world.note(process, operation, () => `of grant ${grant.index} ${fault ? `[${fault}]` : ''}`)
    this.#world.tell('store.asked', { process, grant, operation })
    const keptForMs = change?.retainUntil === undefined ? undefined : change.retainUntil - process.now
    const sent = { at: this.#world.now, runningMs: process.runningMs }
    return new Promise((resolve, reject) => {
      const answer = (result: Entry | undefined | WriteResult, stored: Stored | undefined) => {
        this.#world.after(this.#backMs(fault), process, () => {
          this.#world.note(process, `${operation} ended`, () => this.#text(grant, stored, result))
          this.#tell(process, grant, stored, sent)
          resolve(result)
        })
      }
      const fail = () => {
        this.#world.note(process, `${operation} failed`, () => `of grant ${grant.index}`)
        reject(new Error(`the store has failed (${fault})`))
      }
      if (fault === 'store_stalled') return
      if (fault === 'store_failed') return void this.#world.after(this.#latency(), process, fail)
      this.#world.after(this.#thereMs(fault), undefined, () => {
        const result =
          change === undefined ? this.#read(grant) : this.#write(process, grant, change, keptForMs)
        if (fault === 'store_unanswered') return
        if (fault === 'store_applied') return void this.#world.after(this.#latency(), process, fail)
        answer(result, this.#states.get(grant))
      })
    })
  }

  /** Tells that an answer has reached a process, unless nobody waited for it any more. */
  #tell(
    process: SimulatedProcess,
    grant: SimulatedGrant,
    stored: Stored | undefined,
    sent: { readonly at: number; readonly runningMs: number },
  ): void {
    const { storeTimeoutMs } = grant.numbers
    if (process.runningMs - sent.runningMs >= storeTimeoutMs) return
    // After a standstill it depends on what comes first, the answer or the timer.
    const tookMs = this.#world.now - sent.at
    this.#world.tell('store.told', { process, grant, stored, isCertain: tookMs < storeTimeoutMs, tookMs })
  }

  #strike(process: SimulatedProcess, operation: 'read' | 'write'): FaultKind | undefined {
    const cut = this.#cut
    if (cut !== undefined && this.#world.now < cut.until && (cut.process ?? process) === process)
      return cut.as
    const fault = this.#faults.strikeOperation(operation === 'read' ? READ_FAULTS : WRITE_FAULTS)
    if (fault !== undefined) this.#faults.count(fault)
    return fault
  }

  #read(grant: SimulatedGrant): Entry | undefined {
    const stored = this.#current(grant)
    return stored && this.#entry(stored)
  }

  #write(
    process: SimulatedProcess,
    grant: SimulatedGrant,
    { value, expected }: Change,
    keptForMs: number | undefined,
  ): WriteResult {
    const before = this.#current(grant)
    if (before?.version !== expected) return { written: false, entry: before && this.#entry(before) }
    const after = this.#put(grant, value ?? '', keptForMs)
    this.#world.note({ name: 'store' }, 'applied', () => `${process.name}'s write: ${storedText(after)}`)
    this.#world.tell('store.wrote', { process, grant, before, after })
    const { version, storedAt } = after
    this.hints.changed(grant, this.rules.namesVersions ? version : undefined)
    return this.rules.hasClock ? { written: true, version, storedAt } : { written: true, version }
  }

  #current(grant: SimulatedGrant): Stored | undefined {
    const stored = this.#states.get(grant)
    if (stored?.keptUntil === undefined || this.now < stored.keptUntil) return stored
    this.lose(grant, undefined, 'expired')
    return undefined
  }

  #put(grant: SimulatedGrant, value: string, keptForMs: number | undefined): Stored {
    const after: Stored = {
      value,
      version: `v${++this.#writes}` as Version,
      storedAt: this.now,
      keptUntil: keptForMs === undefined ? undefined : this.now + keptForMs,
      record: readStored(value, grant.identity),
    }
    const before = this.#states.get(grant)
    const earlier = this.#earlier.get(grant) ?? []
    if (before !== undefined) earlier.push(before)
    if (earlier.length > HISTORY_MAX) earlier.shift()
    this.#earlier.set(grant, earlier)
    this.#states.set(grant, after)
    return after
  }

  #entry({ value, version, storedAt }: Stored): Entry {
    return this.rules.hasClock ? { value, version, time: { storedAt, asOf: this.now } } : { value, version }
  }

  #latency(): number {
    return this.#random.between(0, this.rules.latencyMsMax)
  }

  #thereMs(fault: FaultKind | undefined): number {
    return this.#latency() + (fault === 'store_late' ? this.#random.between(500, 40_000) : 0)
  }

  #backMs(fault: FaultKind | undefined): number {
    return this.#latency() + (fault === 'store_slow' ? this.#random.between(200, 6_000) : 0)
  }

  #text(grant: SimulatedGrant, stored: Stored | undefined, result: Entry | undefined | WriteResult): string {
    const how =
      result !== undefined && 'written' in result ? (result.written ? 'written' : 'refused') : 'read'
    return `of grant ${grant.index}, ${how}: ${stored === undefined ? 'nothing' : storedText(stored)}`
  }

  // Trouble

  /** One process, or all of them, cannot reach the store for `ms`. */
  cutOff(process: SimulatedProcess | undefined, ms: number): void {
    const as = this.#random.pick<FaultKind>(['store_failed', 'store_stalled', 'store_unanswered'])
    this.#cut = { process, as, until: this.#world.now + ms }
  }

  /** Everybody reaches it again. */
  heal(): void {
    this.#cut = undefined
  }

  /** Puts something else in the place of what is stored, which is not the program's doing. */
  lose(grant: SimulatedGrant, after: Stored | undefined, how: string): void {
    if (after === undefined) this.#states.delete(grant)
    else this.#states.set(grant, after)
    const text = () => `grant ${grant.index}: ${after === undefined ? 'nothing is left' : storedText(after)}`
    this.#world.note({ name: 'store' }, how, text)
    this.#world.tell('store.lost', { grant, after, at: this.#world.now })
  }

  /** Whether anything is stored. */
  holds(grant: SimulatedGrant): boolean {
    return this.#states.has(grant)
  }

  /** Puts bytes of a stranger in the place of what is stored. */
  plant(grant: SimulatedGrant, value: string, how: string): void {
    this.lose(grant, this.#put(grant, value, undefined), how)
  }

  /** What a key held some writes ago; `undefined` when nothing did. */
  earlierOf(grant: SimulatedGrant): Stored | undefined {
    const earlier = this.#earlier.get(grant) ?? []
    return earlier[this.#random.below(earlier.length)]
  }

  /** The bytes that a key holds. */
  valueOf(grant: SimulatedGrant): string | undefined {
    return this.#states.get(grant)?.value
  }
}

/** A stored record in a few words. */
function storedText({ version, record }: Stored): string {
  if (record === undefined) return `${version}, no record`
  const { fence, generation, lease, tokens, spentAt, rejected, trouble } = record
  const words = [
    `${version}: fence ${fence}`,
    `generation ${generation}`,
    tokens?.accessToken,
    tokens?.refreshToken,
    lease && `leased to ${lease}`,
    spentAt !== undefined && 'spent',
    rejected && 'rejected',
    trouble && `trouble (${trouble.kind})`,
  ]
  return words.filter(word => word !== undefined && word !== false).join(', ')
}
