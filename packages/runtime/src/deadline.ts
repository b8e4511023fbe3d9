import type { Clock } from '@evergrant/core'

/** What a promise that is not settled in time rejects with, inside the runtime. */
export class DeadlineError extends Error {}

/**
 * The outcome of `promise`, or a `DeadlineError` after `ms`. The promise itself goes on; what becomes of it is
 * nobody's business any more, so a late rejection is not "unhandled".
 */
export function withDeadline<Value>(promise: Promise<Value>, ms: number, clock: Clock): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.wake(clock.now() + ms, () => reject(new DeadlineError('deadline')))
    promise.then(resolve, reject).finally(cancel)
  })
}
