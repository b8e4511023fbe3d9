/**
 * The one source of time of a runtime.
 *
 * `now` must never run backwards within a process. An implementation over the operating system's clocks
 * combines two: the wall clock, which goes on while a machine sleeps but may be set back, and a monotonic one,
 * which cannot be set but may stop while a machine sleeps. Whichever says that more time has passed is right.
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /**
   * Calls `callback` once, at or soon after `at` (epoch milliseconds; an instant in the past means: as soon as
   * possible, but never before `wake` has returned). Does not keep the process alive. Returns the function
   * that cancels; cancelling twice, or after the call, does nothing.
   */
  wake(at: number, callback: () => void): () => void
  /**
   * Lets wake-ups keep the process alive until the returned function is called: somebody waits for one of them.
   * Absent where a process does not end by itself.
   */
  hold?(): () => void
}
