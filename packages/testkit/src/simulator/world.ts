import { atRest } from './at-rest.ts'
import { EventQueue, type Owner, type QueuedEvent } from './event-queue.ts'
import type { ObservationName, Observations, Observers } from './observation.ts'
import { type Random, seededRandom } from './random.ts'
import type { Noted, Trace } from './trace.ts'

/** A promise that was broken. */
export interface Violation {
  /** Which, e.g. `P5` or `S3`. */
  readonly id: string
  /** What happened, in a sentence. */
  readonly message: string
  /** The number of the event after which it showed. */
  readonly event: number
}

/** Somebody who watches a world, and may look around after every event. */
export interface Watcher extends Observers {
  afterEvent?(): void
}

const WORLD: Noted = { name: 'world' }

/** An arbitrary but fixed beginning: 2026-01-01T00:00:00Z. */
export const BEGINNING_MS = 1_767_225_600_000

/**
 * True time, and everything that happens in it: one queue of events, run one after another, each until nothing
 * is left that could go on without a further event. Nothing else in a simulation knows how to wait.
 */
export class World {
  readonly seed: number
  readonly trace: Trace | undefined
  /** True time, epoch ms. */
  now: number = BEGINNING_MS
  /** Events so far. */
  events = 0
  violation: Violation | undefined
  /** Called before an event reaches its owner: the moment at which something can happen to it. */
  beforeStep: ((owner: Owner) => void) | undefined
  readonly #queue = new EventQueue()
  readonly #observers = new Map<ObservationName, ((what: never) => void)[]>()
  readonly #afterEvent: (() => void)[] = []

  constructor(seed: number, trace: Trace | undefined) {
    this.seed = seed
    this.trace = trace
  }

  /** A stream of chance of its own. */
  random(stream: string): Random {
    return seededRandom(this.seed, stream)
  }

  // Watching

  watch(watcher: Watcher): void {
    for (const [name, observer] of Object.entries(watcher)) {
      if (name === 'afterEvent') this.#afterEvent.push(observer)
      else this.#observersOf(name as ObservationName).push(observer)
    }
  }

  #observersOf(name: ObservationName): ((what: never) => void)[] {
    const observers = this.#observers.get(name) ?? []
    this.#observers.set(name, observers)
    return observers
  }

  tell<Name extends ObservationName>(name: Name, what: Observations[Name]): void {
    const observers = this.#observers.get(name) as ((what: Observations[Name]) => void)[] | undefined
    if (observers !== undefined) for (const observe of observers) observe(what)
  }

  /** Notes that a promise is broken. The first one ends the simulation. */
  fail(id: string, message: string): void {
    if (this.violation !== undefined) return
    this.note(WORLD, 'broken', () => `${id}: ${message}`)
    this.violation = { id, message, event: this.events }
  }

  /** Adds a line to the trace, if there is one. The last one says which promise is broken. */
  note(who: Noted, what: string, detail?: () => string): void {
    if (this.violation === undefined) this.trace?.add(this, who, what, detail?.() ?? '')
  }

  // Happening

  /** Lets something happen after `ms`. Emptying the event's `run` prevents it. */
  after(ms: number, owner: Owner | undefined, run: () => void): QueuedEvent {
    const event: QueuedEvent = { at: 0, order: 0, owner, run }
    this.#queue.put(event, this.now + ms)
    return event
  }

  /** Lets an event that was held happen as soon as everything that is due has happened. */
  release(event: QueuedEvent): void {
    this.#queue.put(event, this.now)
  }

  /** Runs events until `done` says so or the next event would be after `until`; then it is `until`. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    while (this.violation === undefined && !done()) {
      const nextAt = this.#queue.nextAt
      if (nextAt === undefined || nextAt > until) {
        if (Number.isFinite(until)) this.now = Math.max(this.now, until)
        return
      }
      const event = this.#queue.take()
      if (event === undefined || !this.#happen(event)) continue
      // What happens to nobody in particular sets no promise going.
      if (event.owner !== undefined) await atRest()
      for (const look of this.#afterEvent) look()
    }
  }

  /** Lets an event happen, unless there is nobody to whom it could. Returns whether it has. */
  #happen(event: QueuedEvent): boolean {
    this.now = Math.max(this.now, event.at)
    const { owner } = event
    if (owner?.alive) this.beforeStep?.(owner)
    if (owner !== undefined && !owner.alive) return false
    if (owner?.suspended) {
      owner.hold(event)
      return false
    }
    const { run } = event
    event.run = undefined
    this.events += 1
    run?.()
    return true
  }
}
