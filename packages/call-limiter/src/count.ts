/** Counts calls, and says when there may be another one. */
export interface Count {
  /** 0 when a call may be made now, and is counted; else in how many ms asking again makes sense. */
  take(key: string): number | Promise<number>
  /** No call for `ms`, unless a longer pause is held already. */
  pause(key: string, ms: number): void
  close?(): Promise<void>
}

/** Longest pause that is believed, in ms: an hour. */
export const PAUSE_MS_MAX = 3_600_000
