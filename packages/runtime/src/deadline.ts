import type { Clock } from '@evergrant/core'

/** What a promise that is not settled in time rejects with, inside the runtime. */
export class DeadlineError extends Error {}

/** Into how many parts a wait is cut. A clock that is set forward ends one of them early, and not the wait. */
const PARTS = 4

/**
 * The outcome of `promise`, or a `DeadlineError` after `ms`, or after three quarters of it where the clock is set
 * meanwhile. The promise itself goes on; what becomes of it is nobody's business any more, so a late rejection is
 * not "unhandled". As long as it is waited for, `open` has a function that ends the wait without an outcome.
 */
export function withDeadline<Value>(
  promise: Promise<Value>,
  ms: number,
  clock: Clock,
  open: Set<() => void> = new Set(),
): Promise<Value> {
  return new Promise((resolve, reject) => {
    let cancel: () => void
    const wait = (parts: number): void => {
      cancel = clock.wake(clock.now() + ms / PARTS, () => {
        if (parts > 1) wait(parts - 1)
        else reject(new DeadlineError('deadline'))
      })
    }
    wait(PARTS)
    const end = (): void => {
      cancel()
      open.delete(end)
    }
    open.add(end)
    promise.then(
      value => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}
