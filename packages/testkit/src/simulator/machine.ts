import type { Owner, QueuedEvent } from './event-queue.ts'
import type { SimulatedTime } from './program.ts'
import { BEGINNING_MS, type World } from './world.ts'

/** Furthest that a wall clock may be from the true time, in ms: what the default policy allows for, less a little. */
export const CLOCK_ERROR_MS_MAX = 295_000

/** A computer with two clocks: one that can be wrong, and one that stands still while it sleeps. */
export class Machine {
  readonly world: World
  /** How far the wall clock is from the true time. */
  clockErrorMs: number
  /** How long it has slept. */
  sleptMs = 0
  /** Whether the wall clock was ever set. */
  wasSet = false
  /** Whether anybody has looked at the clocks since it slept or was set. */
  wasObserved = true

  constructor(world: World, clockErrorMs: number) {
    this.world = world
    this.clockErrorMs = clockErrorMs
  }

  get monotonicMs(): number {
    return this.world.now - BEGINNING_MS - this.sleptMs
  }

  /** Sets the wall clock forward, or back. */
  set(ms: number): void {
    this.clockErrorMs += ms
    this.wasSet = true
    this.wasObserved = false
  }

  /** Its clocks and timers as a process sees them; timers of a process that is gone never fire. */
  timeFor(owner: Owner, pending: Set<QueuedEvent>): SimulatedTime {
    const { world } = this
    const arm = (dueMs: number, callback: () => void, ms: number, chain: Chain): void => {
      const event = world.after(Math.max(0, ms), owner, () => {
        pending.delete(event)
        // It slept meanwhile, and the timer with it.
        const leftMs = dueMs - this.monotonicMs
        if (leftMs > 0) arm(dueMs, callback, leftMs, chain)
        else callback()
      })
      pending.add(event)
      chain.event = event
    }
    return {
      wallMs: () => {
        this.wasObserved = true
        return world.now + this.clockErrorMs
      },
      monotonicMs: () => this.monotonicMs,
      after: (ms, callback) => {
        const chain: Chain = { event: undefined }
        arm(this.monotonicMs + ms, callback, ms, chain)
        return () => {
          if (chain.event === undefined) return
          chain.event.run = undefined
          pending.delete(chain.event)
        }
      },
    }
  }
}

/** The event of a timer, which is another one after a sleep. */
interface Chain {
  event: QueuedEvent | undefined
}
