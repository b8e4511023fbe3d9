import { type Clock, onAbort } from '@evergrant/core'
import { abortedError } from '../aborted-error.ts'

/** Resolves after `ms`; rejects with `aborted` when the signal is. Keeps the process alive meanwhile. */
export function pause(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedError(signal))
    const release = clock.hold?.()
    const end = () => {
      release?.()
      cancel()
      deafen?.()
    }
    const cancel = clock.wake(clock.now() + ms, () => {
      end()
      resolve()
    })
    const abort = () => {
      end()
      reject(abortedError(signal))
    }
    const deafen = signal && onAbort(signal, abort)
  })
}
