import type { Clock, LimiterEvent } from '@evergrant/core'
import { admit, type Circuit, CLOSED_CIRCUIT, settled } from '@evergrant/core/calls'
import type { Count } from './count.ts'
import type { MemoryCount } from './memory-count.ts'
import { limited } from './waiting-room.ts'

/** What holds while the shared count cannot be asked. */
export type WhenUnreachable = 'local' | 'open' | 'closed'

/** A count that others share. */
export interface SharedCount {
  take(key: string): Promise<number>
  pause(key: string, ms: number): Promise<void>
  close(): Promise<void>
}

export interface InsuredCountOptions {
  readonly instead: WhenUnreachable
  /** Longest wait for an answer, in ms. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly onEvent: ((event: LimiterEvent) => void) | undefined
}

/** One failure is enough: whoever asks next would wait for nothing, and the call with it. */
const CIRCUIT = { failuresMax: 1, openMs: 500, openMsMax: 5_000 }
/** After what time a call that was turned away may be tried again, in ms. */
const CLOSED_RETRY_MS = 500
/** How long the very first answer may take, in ms, for which a connection has to be made. */
const FIRST_TIMEOUT_MS = 2_000

/** A shared count, and what holds when it cannot be asked. Says once that it cannot, and once that it can again. */
export class InsuredCount implements Count {
  readonly #shared: SharedCount
  readonly #local: MemoryCount
  readonly #options: InsuredCountOptions
  #circuit: Circuit = CLOSED_CIRCUIT
  #isFirst = true

  constructor(shared: SharedCount, local: MemoryCount, options: InsuredCountOptions) {
    this.#shared = shared
    this.#local = local
    this.#options = options
  }

  take(key: string): number | Promise<number> {
    const { clock } = this.#options
    const admission = admit(this.#circuit, clock.now(), CIRCUIT)
    if (!admission.admitted) return this.#instead(key)
    this.#circuit = admission.circuit
    return this.#inTime(this.#shared.take(key)).then(
      ms => {
        this.#heard(true)
        // So that the local limit knows of them if it has to stand in.
        if (ms === 0) this.#local.note(key)
        return ms
      },
      () => {
        this.#heard(false)
        return this.#instead(key)
      },
    )
  }

  pause(key: string, ms: number): void {
    this.#local.pause(key, ms)
    this.#inTime(this.#shared.pause(key, ms)).catch(() => undefined)
  }

  close(): Promise<void> {
    return this.#shared.close()
  }

  #instead(key: string): number | Promise<number> {
    switch (this.#options.instead) {
      case 'local':
        return this.#local.take(key)
      case 'open':
        return 0
      case 'closed':
        return Promise.reject(limited(CLOSED_RETRY_MS))
    }
  }

  /** The outcome of a question, or a rejection when there is none in time. */
  #inTime<Value>(asked: Promise<Value>): Promise<Value> {
    const { clock, timeoutMs } = this.#options
    const ms = this.#isFirst ? Math.max(timeoutMs, FIRST_TIMEOUT_MS) : timeoutMs
    return new Promise((resolve, reject) => {
      const cancel = clock.wake(clock.now() + ms, () => reject(new Error('no answer in time')))
      asked.then(resolve, reject).finally(cancel)
    })
  }

  #heard(ok: boolean): void {
    const { clock, instead } = this.#options
    const at = clock.now()
    const before = this.#circuit
    this.#isFirst = false
    this.#circuit = settled(before, ok, at, CIRCUIT)
    if (before.state === 'closed' && !ok) this.#emit({ at, type: 'limiter.unreachable', instead })
    if (before.state !== 'closed' && ok) this.#emit({ at, type: 'limiter.recovered' })
  }

  #emit(event: LimiterEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch {
      // A listener is a guest: what it throws must not fail a call.
    }
  }
}
