import type { TokenEvent } from '@evergrant/runtime'
import type { Counts } from './crew-message.ts'

/** One request to the token endpoint, as the process that made it tells of it. */
export interface TokenRequest {
  /** Ms since the show began. */
  readonly atMs: number
  /** The process that made it. */
  readonly by: string
  readonly reason: string
  outcome: string
}

/** What has happened so far. */
export class Tally {
  readonly tokenRequests: TokenRequest[] = []
  /** Processes that were killed. */
  killed = 0
  /** Calls that reached the API with a token that had expired, as the server has seen it. */
  stale = 0
  /** Longest time, in ms, from the winning of a token until all processes had it. */
  slowestSpreadMs = 0
  /** When each generation was won, until all have it. */
  readonly #wonAt = new Map<number, number>()
  readonly #startedAt: number
  readonly #now: () => number
  readonly #counts: () => readonly Counts[]

  constructor(now: () => number, counts: () => readonly Counts[]) {
    this.#now = now
    this.#counts = counts
    this.#startedAt = now()
  }

  get elapsedMs(): number {
    return this.#now() - this.#startedAt
  }

  /** What all processes have done together. */
  get counts(): Counts {
    const all = this.#counts()
    const sum = (of: (counts: Counts) => number) => all.reduce((total, counts) => total + of(counts), 0)
    return {
      calls: sum(({ calls }) => calls),
      failures: sum(({ failures }) => failures),
      repeated: sum(({ repeated }) => repeated),
      slowestTokenMs: Math.max(0, ...all.map(({ slowestTokenMs }) => slowestTokenMs)),
    }
  }

  /** Notes token requests and what became of them. */
  note(event: TokenEvent, by: string): void {
    if (event.type === 'renewal.started') {
      const reason = REASONS[event.reason] ?? event.reason
      this.tokenRequests.push({ atMs: this.elapsedMs, by, reason, outcome: UNDER_WAY })
    }
    const last = this.tokenRequests.findLast(request => request.by === by && request.outcome === UNDER_WAY)
    if (last === undefined) return
    if (event.type === 'renewal.succeeded' && event.reason !== 'first') {
      this.#wonAt.set(event.generation, this.#now())
    }
    if (event.type === 'renewal.succeeded') last.outcome = `token no. ${event.generation}`
    if (event.type === 'renewal.failed') last.outcome = `failed: ${event.failure.code}`
  }

  /**
   * Notes that all processes have the tokens of a generation; how long after they were won, in ms. `undefined` when
   * that was noted before.
   */
  noteSpread(generation: number): number | undefined {
    const wonAt = this.#wonAt.get(generation)
    this.#wonAt.delete(generation)
    if (wonAt === undefined) return undefined
    const spreadMs = this.#now() - wonAt
    this.slowestSpreadMs = Math.max(this.slowestSpreadMs, spreadMs)
    return spreadMs
  }

  /** Notes that a process is gone, and with it what it had under way. */
  noteKilled(by: string): void {
    this.killed += 1
    for (const request of this.tokenRequests) {
      if (request.by === by && request.outcome === UNDER_WAY) request.outcome = 'its process was killed'
    }
  }
}

const UNDER_WAY = 'under way'

const REASONS: Readonly<Record<string, string>> = {
  first: 'no token yet',
  due: 'renewal in good time',
  lapsed: 'the old token had ended',
  rejected: 'the API had rejected the token',
  short_lived: 'a caller wanted a longer life',
}
