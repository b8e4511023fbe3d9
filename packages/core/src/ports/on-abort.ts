import type { Abort } from './abort.ts'

interface Hearing {
  readonly listeners: Set<() => void>
  readonly tell: () => void
}

const HEARINGS = new WeakMap<Abort, Hearing>()

/**
 * Calls `listener` once the signal is aborted, until the returned function is called. However many listen, the signal
 * has one listener: beyond ten, Node warns of a leak, where there are only many callers who share a signal. Listeners
 * must not throw. What a signal was before does not matter: look at `aborted` first.
 */
export function onAbort(signal: Abort, listener: () => void): () => void {
  const hearing = HEARINGS.get(signal) ?? hear(signal)
  // Of its own, so that the same function can listen twice.
  const own = (): void => listener()
  hearing.listeners.add(own)
  return () => {
    hearing.listeners.delete(own)
    if (hearing.listeners.size > 0 || HEARINGS.get(signal) !== hearing) return
    HEARINGS.delete(signal)
    signal.removeEventListener('abort', hearing.tell)
  }
}

function hear(signal: Abort): Hearing {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    HEARINGS.delete(signal)
    signal.removeEventListener('abort', tell)
    // Who came last goes first: a queue of callers is the cheaper to leave the later one has come.
    for (const listener of [...listeners].reverse()) if (listeners.has(listener)) listener()
  }
  const hearing = { listeners, tell }
  HEARINGS.set(signal, hearing)
  signal.addEventListener('abort', tell)
  return hearing
}
