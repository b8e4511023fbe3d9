import type { Clock } from '@evergrant/core'

/** Rounds in which all of a changing list of keys are looked at. */
export interface PollRounds {
  /** Begins, unless rounds are made already. */
  start(): void
  stop(): void
}

/** Keys that are looked at at the same time, at most. */
const LOOKS_AT_ONCE = 8
/** How long a round may go on without coming to its end before it is given up, in ms. */
const ROUND_MS_MAX = 30_000

/**
 * Looks at every key once a round. A round begins `periodMs` after the one before began, or as soon as that has
 * ended, whichever is later. A look that fails is made up for by the next round; one that never ends is left
 * behind with its round.
 */
export function pollRounds(
  clock: Clock,
  periodMs: number,
  keys: () => Iterable<string>,
  look: (key: string) => Promise<void>,
): PollRounds {
  let cancel: (() => void) | undefined
  /** Numbers the rounds: an older one that comes to life again finds that it is over. */
  let current = 0

  function begin(): void {
    const round = ++current
    const startedAt = clock.now()
    // While the round goes on, the one timer watches over it; afterwards it waits for the next.
    cancel = clock.wake(startedAt + Math.max(periodMs, ROUND_MS_MAX), begin)
    const left = [...keys()].values()
    const work = async () => {
      for (const key of left) {
        if (round !== current) return
        await look(key).catch(() => undefined)
      }
    }
    Promise.all(Array.from({ length: LOOKS_AT_ONCE }, work)).then(
      () => {
        if (round !== current) return
        cancel?.()
        cancel = clock.wake(startedAt + periodMs, begin)
      },
      () => undefined,
    )
  }

  return {
    start() {
      cancel ??= clock.wake(clock.now() + periodMs, begin)
    },
    stop() {
      current += 1
      cancel?.()
      cancel = undefined
    },
  }
}
