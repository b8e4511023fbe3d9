import type { Change, Entry, Version, WriteResult } from '../../src/index.ts'

/** Marks, in the history, the moment at which everything was lost. */
export const FLUSHED = 'flushed'

/** A store for one key, answered synchronously: the least that keeps the promises of the port. */
export class FakeStore {
  #entry: { value: string; version: Version; writtenAt: number } | undefined
  #writes = 0
  /** Every value ever stored, in order. */
  readonly history: string[] = []
  readonly hasClock: boolean

  constructor(hasClock = true) {
    this.hasClock = hasClock
  }

  read(now: number): Entry | undefined {
    if (this.#entry === undefined) return undefined
    const { value, version, writtenAt } = this.#entry
    return this.hasClock ? { value, version, time: { storedAt: writtenAt, asOf: now } } : { value, version }
  }

  write(change: Change, now: number): WriteResult {
    if (this.#entry?.version !== change.expected) return { written: false, entry: this.read(now) }
    const version = `v${++this.#writes}` as Version
    this.#entry = change.value === undefined ? undefined : { value: change.value, version, writtenAt: now }
    if (change.value !== undefined) this.history.push(change.value)
    return this.hasClock ? { written: true, version, storedAt: now } : { written: true, version }
  }

  /** Puts any bytes in, as a stranger or another version of the software might. */
  plant(value: string, now: number): void {
    this.#entry = { value, version: `v${++this.#writes}` as Version, writtenAt: now }
  }

  /** Loses everything, as a restart without persistence does. Versions go on. */
  flush(): void {
    this.#entry = undefined
    this.history.push(FLUSHED)
  }
}
