import type { TokenEvent } from '@evergrant/runtime'

/** One request to the token endpoint, as the source tells of it. */
export interface TokenRequest {
  /** Ms since the show began. */
  readonly atMs: number
  readonly reason: string
  outcome: string
}

/** What has happened so far. */
export class Tally {
  calls = 0
  /** Calls that failed for the caller. The show is about this number staying 0. */
  failures = 0
  /** Calls whose first attempt was rejected by the API and whose second, with a new token, was not. */
  repeated = 0
  slowestTokenMs = 0
  readonly tokenRequests: TokenRequest[] = []
  readonly #startedAt: number
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
    this.#startedAt = now()
  }

  get elapsedMs(): number {
    return this.#now() - this.#startedAt
  }

  /** Notes token requests and what became of them. */
  note(event: TokenEvent): void {
    if (event.type === 'renewal.started') {
      this.tokenRequests.push({
        atMs: this.elapsedMs,
        reason: REASONS[event.reason] ?? event.reason,
        outcome: 'under way',
      })
    }
    const last = this.tokenRequests.at(-1)
    if (last === undefined) return
    if (event.type === 'renewal.succeeded') last.outcome = `token no. ${event.generation}`
    if (event.type === 'renewal.failed') last.outcome = `failed: ${event.failure.code}`
  }
}

const REASONS: Readonly<Record<string, string>> = {
  first: 'no token yet',
  due: 'renewal in good time',
  lapsed: 'the old token had ended',
  rejected: 'the API had rejected the token',
  short_lived: 'a caller wanted a longer life',
}
