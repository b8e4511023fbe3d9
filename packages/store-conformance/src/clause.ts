import type { Store } from '@evergrant/core'

/** How the kit gets at the store under test. */
export interface Subject {
  /** Opens an empty store that nobody else uses. Called anew for every clause. */
  open(): Promise<Store> | Store
  /**
   * Opens another handle on the data of `store`, as another process would. Absent for stores that live in one
   * process only; clauses about several processes are skipped then.
   */
  openPeer?(store: Store): Promise<Store> | Store
  /** Closes a store or a peer after its clause. By default its own `close` is called, where it has one. */
  dispose?(store: Store): Promise<void> | void
  /** How long a hint may take before it counts as lost, in ms. 5,000 by default. */
  readonly hintWithinMs?: number
  /**
   * Lets time pass for the store: moves its virtual clock, or waits. Clauses about time are skipped without it; a
   * store whose `staleMsMax` is above 0 needs it.
   */
  pass?(ms: number): Promise<void>
}

/** What a clause works with. */
export interface Bench {
  readonly store: Store
  /** Another handle on the same data. */
  peer(): Promise<Store>
  pass(ms: number): Promise<void>
  readonly hintWithinMs: number
}

/** What a clause needs of a store, beyond its two functions. */
export type Need = 'subscribe' | 'keys' | 'close' | 'peer' | 'pass'

/** One thing that every store must do. */
export interface Clause {
  /** A stable name, e.g. `cas.create-once`. */
  readonly id: string
  /** The requirement as a sentence, fit for the title of a test. */
  readonly title: string
  readonly needs: readonly Need[]
  /** Rejects with a `ConformanceError` when the store does not do it. */
  readonly check: (bench: Bench) => Promise<void>
}

/** A store does not do what a clause demands. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
}

/** Fails the clause, with what was seen, unless the condition holds. */
export function demand(holds: boolean, complaint: string): asserts holds {
  if (!holds) throw new ConformanceError(complaint)
}
