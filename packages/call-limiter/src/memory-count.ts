import type { Clock } from '@evergrant/core'
import type { Count } from './count.ts'
import type { Rate } from './rate.ts'

/** The latest calls of one key, and a pause. */
interface Log {
  /** When the latest calls were made, in no order: the oldest is at `next`. */
  readonly madeAt: number[]
  next: number
  pausedUntil: number
}

/** A count of this process's own calls. Any window holds as many calls as it may, wherever it begins. */
export class MemoryCount implements Count {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #keysMax: number
  /** By key, those used last at the end. */
  readonly #logs = new Map<string, Log>()

  constructor(rate: Rate, clock: Clock, keysMax: number) {
    this.#rate = rate
    this.#clock = clock
    this.#keysMax = keysMax
  }

  take(key: string): number {
    const log = this.#log(key)
    const now = this.#clock.now()
    const oldest = log.madeAt[log.next]
    const freeAt =
      oldest === undefined ? log.pausedUntil : Math.max(log.pausedUntil, oldest + this.#rate.windowMs)
    if (freeAt > now) return freeAt - now
    this.#note(log, now)
    return 0
  }

  /** Counts a call that somebody else has admitted. */
  note(key: string): void {
    this.#note(this.#log(key), this.#clock.now())
  }

  pause(key: string, ms: number): void {
    const log = this.#log(key)
    log.pausedUntil = Math.max(log.pausedUntil, this.#clock.now() + ms)
  }

  #note(log: Log, now: number): void {
    log.madeAt[log.next] = now
    log.next = (log.next + 1) % this.#rate.calls
  }

  #log(key: string): Log {
    const log = this.#logs.get(key) ?? { madeAt: [], next: 0, pausedUntil: 0 }
    this.#logs.delete(key)
    this.#logs.set(key, log)
    if (this.#logs.size > this.#keysMax) this.#logs.delete(this.#logs.keys().next().value as string)
    return log
  }
}
