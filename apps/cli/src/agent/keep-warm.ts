import type { Clock } from '@evergrant/core'
import type { TokenSource } from '@evergrant/runtime'

/** Between two tries to keep a source warm whose client id cannot be read, in ms. */
const AGAIN_MS = 10_000

/**
 * Has a source renew before anybody asks, until the signal ends it. What keeps it from beginning, as a file that is missing,
 * is told and tried again: it may come yet.
 */
export function keepWarm(
  source: Pick<TokenSource, 'watch'>,
  clock: Clock,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): void {
  watchAll(source, signal).catch(error => {
    if (signal.aborted) return
    onFailure(error)
    const cancel = clock.wake(clock.now() + AGAIN_MS, () => keepWarm(source, clock, signal, onFailure))
    signal.addEventListener('abort', cancel, { once: true })
  })
}

/** A source that is watched is kept warm. */
async function watchAll(source: Pick<TokenSource, 'watch'>, signal: AbortSignal): Promise<void> {
  for await (const _token of source.watch({ signal })) if (signal.aborted) return
}
