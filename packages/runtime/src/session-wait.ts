import { type Clock, EvergrantError, fail, onAbort } from '@evergrant/core'
import { abortedError } from './aborted-error.ts'
import type { Session } from './session.ts'

/** What ends the wait for a session whose client id, or whatever else it is found by, has to be read first. */
export interface SessionWait {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly clock: Clock
  /** As long as it is waited for, has a function that ends the wait with `closed`. */
  readonly open: Set<() => void>
}

/**
 * The session that is being found. Rejects with `aborted`, `call_timed_out` or `closed` when the wait ends before; with
 * `secret_unavailable` when something cannot be read, for reasons that are not told, as they may hold a secret.
 */
export function foundInTime(
  found: Promise<Session>,
  { signal, timeoutMs, clock, open }: SessionWait,
): Promise<Session> {
  return new Promise((resolve, reject) => {
    const release = clock.hold?.()
    const end = (error?: EvergrantError): void => {
      release?.()
      cancel()
      deafen?.()
      open.delete(close)
      if (error !== undefined) reject(error)
    }
    const abort = (): void => end(abortedError(signal))
    const close = (): void => end(new EvergrantError(fail('closed')))
    const cancel = clock.wake(clock.now() + timeoutMs, () => end(new EvergrantError(fail('call_timed_out'))))
    open.add(close)
    found.then(
      session => {
        end()
        resolve(session)
      },
      (error: unknown) =>
        end(EvergrantError.is(error) ? error : new EvergrantError(fail('secret_unavailable'))),
    )
    const deafen = signal && onAbort(signal, abort)
    if (signal?.aborted) abort()
  })
}
