/** A call that is due at an instant. */
export interface WakeUp {
  readonly at: number
  readonly callback: () => void
  /** Its place in the heap, -1 when it is in none. Kept up to date, so that cancelling needs no search. */
  index: number
}

/** Wake-ups by instant: a binary heap in which adding, taking the first and removing any cost O(log n). */
export class WakeHeap {
  readonly #heap: WakeUp[] = []

  get first(): WakeUp | undefined {
    return this.#heap[0]
  }

  add(wakeUp: WakeUp): void {
    wakeUp.index = this.#heap.length
    this.#heap.push(wakeUp)
    this.#rise(wakeUp)
  }

  /** Takes a wake-up out; one that is in no heap is left alone. */
  remove(wakeUp: WakeUp): void {
    const { index } = wakeUp
    if (index < 0) return
    wakeUp.index = -1
    const last = this.#heap.pop()
    if (last === undefined || last === wakeUp) return
    this.#put(last, index)
    this.#rise(last)
    this.#sink(last)
  }

  #rise(wakeUp: WakeUp): void {
    while (wakeUp.index > 0) {
      const parent = this.#at((wakeUp.index - 1) >> 1)
      if (parent.at <= wakeUp.at) return
      this.#swap(parent, wakeUp)
    }
  }

  #sink(wakeUp: WakeUp): void {
    for (;;) {
      const left = 2 * wakeUp.index + 1
      if (left >= this.#heap.length) return
      let child = this.#at(left)
      const right = this.#heap[left + 1]
      if (right !== undefined && right.at < child.at) child = right
      if (wakeUp.at <= child.at) return
      this.#swap(wakeUp, child)
    }
  }

  #at(index: number): WakeUp {
    return this.#heap[index] as WakeUp
  }

  #put(wakeUp: WakeUp, index: number): void {
    wakeUp.index = index
    this.#heap[index] = wakeUp
  }

  #swap(upper: WakeUp, lower: WakeUp): void {
    const { index } = upper
    this.#put(upper, lower.index)
    this.#put(lower, index)
  }
}
