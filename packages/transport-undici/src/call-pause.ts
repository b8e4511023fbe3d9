import { setTimeout as pauseFor } from 'node:timers/promises'
import { type Clock, EvergrantError, fail } from '@evergrant/core'

/** Resolves after `ms`, by the system's timers unless a clock is given; rejects with `aborted` when the signal is. */
export function callPause(
  ms: number,
  clock: Clock | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (clock === undefined) {
    return pauseFor(ms, undefined, signal && { signal }).catch(() => Promise.reject(aborted(signal)))
  }
  return new Promise((resolve, reject) => {
    const cancel = clock.wake(clock.now() + ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    const abort = () => {
      cancel()
      reject(aborted(signal))
    }
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

function aborted(signal: AbortSignal | undefined): EvergrantError {
  const error = new EvergrantError(fail('aborted'))
  error.cause = signal?.reason
  return error
}
