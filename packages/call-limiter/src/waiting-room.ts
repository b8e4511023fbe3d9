import { type Abort, type Clock, EvergrantError, fail, onAbort } from '@evergrant/core'
import type { CallLimiter } from '@evergrant/core/calls'
import { type Count, PAUSE_MS_MAX } from './count.ts'
import type { Rate } from './rate.ts'
import { TIMER_MS_MAX } from './system-timers.ts'

interface Waiter {
  /** When it gives up. */
  readonly until: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Lets go of its timer and its signal. */
  letGo: () => void
}

/** Those who wait for one key, first come first. */
interface Line {
  readonly key: string
  readonly waiters: Set<Waiter>
  /** Questions under way. */
  asking: number
  /** Nobody asks before. */
  blockedUntil: number
  cancelWake: (() => void) | undefined
}

export interface WaitingRoomOptions {
  readonly rate: Rate
  readonly clock: Clock
  /** Callers that may wait at the same time, over all keys. */
  readonly waitersMax: number
}

/**
 * Lets callers wait for their turn, in the order in which they came, with a bound and a deadline. What may be called
 * when is the business of a {@link Count}, which is asked for one call at a time; whoever came first gets what it
 * says.
 */
export class WaitingRoom implements CallLimiter {
  readonly #count: Count
  readonly #options: WaitingRoomOptions
  readonly #lines = new Map<string, Line>()
  #waiting = 0
  #release: (() => void) | undefined
  #closed = false

  constructor(count: Count, options: WaitingRoomOptions) {
    this.#count = count
    this.#options = options
  }

  admit(
    key: string,
    { waitMsMax, signal }: { readonly waitMsMax: number; readonly signal?: Abort },
  ): Promise<void> {
    if (this.#closed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(new EvergrantError(fail('aborted')))
    const { clock, waitersMax } = this.#options
    const now = clock.now()
    const line = this.#line(key)
    const until = now + Math.max(0, Math.min(waitMsMax, TIMER_MS_MAX))
    const turnAt = this.#turnAt(line, line.waiters.size, now)
    if (this.#waiting >= waitersMax || turnAt > until) {
      this.#tidy(line)
      return Promise.reject(limited(Math.max(1, turnAt - now)))
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { until, resolve, reject, letGo: () => undefined }
      this.#enter(line, waiter, signal)
      this.#pump(line)
    })
  }

  slowDown(key: string, ms: number): void {
    if (this.#closed || !(ms > 0)) return
    this.#count.pause(key, Math.ceil(Math.min(ms, PAUSE_MS_MAX)))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const line of this.#lines.values()) {
      for (const waiter of line.waiters) this.#leave(line, waiter).reject(closed())
    }
    await this.#count.close?.()
  }

  #line(key: string): Line {
    const line = this.#lines.get(key) ?? {
      key,
      waiters: new Set(),
      asking: 0,
      blockedUntil: 0,
      cancelWake: undefined,
    }
    this.#lines.set(key, line)
    return line
  }

  /** When whoever stands at this place gets its turn at the earliest, as far as this process knows. */
  #turnAt(line: Line, place: number, now: number): number {
    const { calls, windowMs } = this.#options.rate
    return Math.max(now, line.blockedUntil) + Math.floor(place / calls) * windowMs
  }

  #enter(line: Line, waiter: Waiter, signal: Abort | undefined): void {
    const { clock } = this.#options
    const cancel = clock.wake(waiter.until, () => this.#expire(line, waiter))
    const abort = () => this.#leave(line, waiter).reject(new EvergrantError(fail('aborted')))
    const deafen = signal && onAbort(signal, abort)
    waiter.letGo = () => {
      cancel()
      deafen?.()
    }
    line.waiters.add(waiter)
    this.#waiting += 1
    this.#release ??= clock.hold?.()
  }

  /** Takes a waiter out, and returns it. */
  #leave(line: Line, waiter: Waiter): Waiter {
    waiter.letGo()
    line.waiters.delete(waiter)
    this.#waiting -= 1
    if (this.#waiting === 0) {
      this.#release?.()
      this.#release = undefined
    }
    this.#tidy(line)
    return waiter
  }

  /** Time is up, unless its turn comes this very moment. A question takes a moment at most, and is waited for. */
  #expire(line: Line, waiter: Waiter): void {
    this.#pump(line)
    if (line.asking > 0 || !line.waiters.has(waiter)) return
    const now = this.#options.clock.now()
    this.#leave(line, waiter).reject(limited(Math.max(1, this.#turnAt(line, 0, now) - now)))
  }

  /** Forgets a line in which nobody stands. */
  #tidy(line: Line): void {
    if (line.waiters.size > 0 || line.asking > 0) return
    line.cancelWake?.()
    line.cancelWake = undefined
    if (this.#lines.get(line.key) === line) this.#lines.delete(line.key)
  }

  /** Asks for as many calls as there are waiters, and not for more than can be had at once. */
  #pump(line: Line): void {
    const { clock, rate } = this.#options
    const now = clock.now()
    if (line.blockedUntil > now) return this.#wakeLater(line)
    while (line.asking < Math.min(line.waiters.size, rate.calls) && line.blockedUntil <= now) this.#ask(line)
  }

  #wakeLater(line: Line): void {
    if (line.waiters.size === 0 || line.cancelWake !== undefined) return
    line.cancelWake = this.#options.clock.wake(line.blockedUntil, () => {
      line.cancelWake = undefined
      this.#pump(line)
    })
  }

  #ask(line: Line): void {
    line.asking += 1
    const answer = this.#count.take(line.key)
    // A count in memory answers at once, and then so does the line.
    if (typeof answer === 'number') return this.#answered(line, answer)
    answer
      .then(
        ms => this.#answered(line, ms),
        (error: unknown) => this.#failed(line, error),
      )
      .finally(() => this.#pump(line))
  }

  #answered(line: Line, ms: number): void {
    line.asking -= 1
    const [first] = line.waiters
    if (ms > 0) this.#block(line, ms)
    else if (first === undefined) this.#tidy(line)
    else this.#leave(line, first).resolve()
  }

  /** Not yet: tells those who would have to wait too long. */
  #block(line: Line, ms: number): void {
    const now = this.#options.clock.now()
    line.blockedUntil = Math.max(line.blockedUntil, now + ms)
    let place = 0
    for (const waiter of line.waiters) {
      const turnAt = this.#turnAt(line, place, now)
      if (turnAt > waiter.until) this.#leave(line, waiter).reject(limited(Math.max(1, turnAt - now)))
      else place += 1
    }
    this.#tidy(line)
    this.#wakeLater(line)
  }

  #failed(line: Line, error: unknown): void {
    line.asking -= 1
    const [first] = line.waiters
    if (first === undefined) this.#tidy(line)
    else this.#leave(line, first).reject(error)
  }
}

function closed(): EvergrantError {
  return new EvergrantError(fail('closed', { message: 'The limiter was closed.' }))
}

export function limited(retryAfterMs: number): EvergrantError {
  return new EvergrantError(fail('rate_limited', { retryAfterMs: Math.ceil(retryAfterMs) }))
}
