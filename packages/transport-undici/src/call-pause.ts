import { setTimeout as pauseFor } from 'node:timers/promises'
import { type Clock, EvergrantError, fail, onAbort } from '@evergrant/core'

/** Resolves after `ms`, by the system's timers unless a clock is given; rejects with `aborted` when the signal is. */
export function callPause(
  ms: number,
  clock: Clock | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal))
    const end = () => {
      cancel()
      deafen?.()
    }
    const cancel = wakeIn(ms, clock, () => {
      end()
      resolve()
    })
    const abort = () => {
      end()
      reject(aborted(signal))
    }
    const deafen = signal && onAbort(signal, abort)
  })
}

function wakeIn(ms: number, clock: Clock | undefined, callback: () => void): () => void {
  if (clock !== undefined) return clock.wake(clock.now() + ms, callback)
  const cancelled = new AbortController()
  pauseFor(ms, undefined, { signal: cancelled.signal }).then(callback, () => undefined)
  return () => cancelled.abort()
}

function aborted(signal: AbortSignal | undefined): EvergrantError {
  const error = new EvergrantError(fail('aborted'))
  error.cause = signal?.reason
  return error
}
