/** What a guard of calls has to tell. `api` is the name that it has for what it guards; it holds no query. */
export type GuardEvent = { readonly at: number; readonly api: string } & (
  | { readonly type: 'circuit.opened'; readonly failures: number; readonly until: number }
  /** The pause is over; one call is let through to find out. */
  | { readonly type: 'circuit.probing' }
  | { readonly type: 'circuit.closed' }
  /** The API has said that it was called too often. */
  | { readonly type: 'limit.exceeded'; readonly pauseMs: number }
  /** A call had to wait for its turn, for 10 ms or longer. */
  | { readonly type: 'limit.waited'; readonly waitedMs: number }
  /** A call was turned away before it was made, because its turn would have come too late. */
  | { readonly type: 'limit.refused'; readonly retryAfterMs: number }
)

export type GuardListener = (event: GuardEvent) => void

/** What a limiter that a fleet shares has to tell. */
export type LimiterEvent = { readonly at: number } & (
  | {
      /** The shared count cannot be asked. Told once, until it can be asked again. */
      readonly type: 'limiter.unreachable'
      /** What holds meanwhile: a limit of this process alone, no limit, or no calls. */
      readonly instead: 'local' | 'open' | 'closed'
    }
  | { readonly type: 'limiter.recovered' }
)
