import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenSource } from '@evergrant/runtime'

/** Between two tries to keep a source warm whose client id cannot be read, in ms. */
const AGAIN_MS = 10_000

/**
 * Has a source renew before anybody asks, until the signal ends it. What keeps it from beginning, as a file that is missing,
 * is told and tried again: it may come yet.
 */
export async function keepWarm(
  source: TokenSource,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const _token of source.watch({ signal })) if (signal.aborted) return
    } catch (error) {
      if (signal.aborted) return
      onFailure(error)
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined)
  }
}
