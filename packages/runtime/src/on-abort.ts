interface Hearing {
  readonly listeners: Set<() => void>
  readonly tell: () => void
}

const HEARINGS = new WeakMap<AbortSignal, Hearing>()

/**
 * Calls `listener` once the signal is aborted, until the returned function is called. However many listen, the signal
 * has one listener: beyond ten, Node warns of a leak, where there are only many callers who share a signal. Listeners
 * must not throw. What a signal was before does not matter: look at `aborted` first.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
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

function hear(signal: AbortSignal): Hearing {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    HEARINGS.delete(signal)
    signal.removeEventListener('abort', tell)
    for (const listener of listeners) listener()
  }
  const hearing = { listeners, tell }
  HEARINGS.set(signal, hearing)
  signal.addEventListener('abort', tell)
  return hearing
}
