/** The one home of timers in this package: none of them keeps the process alive, but that of a farewell. */

/** Calls back once, `ms` from now. Returns the function that prevents it. */
export function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** As `after`, and keeps the process alive meanwhile: somebody waits for it, and nothing else may be left. */
export function afterAlive(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

/** Resolves `ms` from now. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => after(ms, resolve))
}

/**
 * The outcome of `promise`, or the rejection that `late` makes after `ms`. What has arrived by then counts, also where
 * a busy process has not come to look at it. The promise itself goes on; what
 * becomes of it then is nobody's business, so a late rejection is not unhandled.
 */
export function within<Value>(ms: number, promise: Promise<Value>, late: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    let settled = false
    const cancel = after(ms, () =>
      setImmediate(() => {
        if (!settled) reject(late())
      }),
    )
    const settle = () => {
      settled = true
      cancel()
    }
    promise.then(resolve, reject).finally(settle)
  })
}

/** How long to wait before attempt `attempt` (from 1), in ms: doubled each time up to `mostMs`, the last half by chance. */
export function backoffMs(attempt: number, firstMs: number, mostMs: number): number {
  const fullMs = Math.min(firstMs * 2 ** Math.min(attempt - 1, 30), mostMs)
  return Math.round((fullMs * (1 + Math.random())) / 2)
}
