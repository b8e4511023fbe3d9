/** Whoever an event happens to: a process that may be gone or stand still by then. */
export interface Owner {
  /** Whether events still reach it. */
  readonly alive: boolean
  /** Whether its events are held back until it goes on. */
  readonly suspended: boolean
  /** Keeps an event for later. */
  hold(event: QueuedEvent): void
}

/** Something that happens at an instant of true time. */
export interface QueuedEvent {
  at: number
  /** Breaks ties: first scheduled, first run. */
  order: number
  /** `undefined`: it happens to the world, and nothing holds it back. */
  readonly owner: Owner | undefined
  /** What happens; `undefined` once it has, or when it was cancelled. */
  run: (() => void) | undefined
}

/** Events by instant: a binary heap. A cancelled event stays where it is and is passed over. */
export class EventQueue {
  readonly #heap: QueuedEvent[] = []
  #order = 0

  /** Adds an event, or one that was taken and held, behind everything that is due at the same instant. */
  put(event: QueuedEvent, at: number): void {
    event.at = at
    event.order = ++this.#order
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as QueuedEvent
      if (!isBefore(event, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = event
  }

  /** The instant of the next event that was not cancelled; `undefined` when there is none. */
  get nextAt(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#take()
    return this.#heap[0]?.at
  }

  /** Takes the next event that was not cancelled. */
  take(): QueuedEvent | undefined {
    for (;;) {
      const event = this.#take()
      if (event === undefined || event.run !== undefined) return event
    }
  }

  #take(): QueuedEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || last === first) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      let below = heap[child]
      if (below === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, below)) {
        child += 1
        below = right
      }
      if (!isBefore(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return first
  }
}

function isBefore(one: QueuedEvent, other: QueuedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
