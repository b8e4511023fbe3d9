/** A caller that waits for a token. */
export interface Waiter {
  readonly id: number
  readonly minValidForMs: number
  /** Epoch ms at which it gives up. */
  readonly until: number
}

interface Link {
  readonly waiter: Waiter
  readonly before: Link | undefined
}

/**
 * Waiters in order of arrival, as a persistent list: adding one is O(1) and leaves the old queue as it was, so
 * that a thousand callers on a cold key cost a thousand links and not half a million copies.
 */
export interface WaiterQueue {
  readonly size: number
  /** The earliest `until` of all, `Infinity` when empty. May be early when that waiter has left. */
  readonly earliestUntil: number
  readonly last: Link | undefined
}

export const NO_WAITERS: WaiterQueue = { size: 0, earliestUntil: Number.POSITIVE_INFINITY, last: undefined }

export function enqueue(queue: WaiterQueue, waiter: Waiter): WaiterQueue {
  return {
    size: queue.size + 1,
    earliestUntil: Math.min(queue.earliestUntil, waiter.until),
    last: { waiter, before: queue.last },
  }
}

/** The waiters, first come first. */
export function waitersOf(queue: WaiterQueue): Waiter[] {
  const waiters: Waiter[] = []
  for (let link = queue.last; link !== undefined; link = link.before) waiters.push(link.waiter)
  return waiters.reverse()
}

/** The queue of those for whom `stays` says so. Its `earliestUntil` is exact, or a wake-up would follow at once, for ever. */
export function keepWaiters(queue: WaiterQueue, stays: (waiter: Waiter) => boolean): WaiterQueue {
  const all = waitersOf(queue)
  const kept = all.filter(stays).reduce(enqueue, NO_WAITERS)
  const isSame = kept.size === all.length && kept.earliestUntil === queue.earliestUntil
  return isSame ? queue : kept
}

/**
 * The queue without one waiter; the same queue when it is not in it. Those who came before are shared and those who
 * came later are linked anew, so that a crowd that leaves one by one costs no copy of the crowd each time.
 */
export function leave(queue: WaiterQueue, id: number): WaiterQueue {
  const later: Waiter[] = []
  let link = queue.last
  for (; link !== undefined && link.waiter.id !== id; link = link.before) later.push(link.waiter)
  if (link === undefined) return queue
  if (queue.size === 1) return NO_WAITERS
  let last = link.before
  for (const waiter of later.reverse()) last = { waiter, before: last }
  return { size: queue.size - 1, earliestUntil: queue.earliestUntil, last }
}
