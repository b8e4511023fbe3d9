/**
 * Turns of the event loop that are ordered at a time. Node empties the queue of microtasks, and tells of rejections
 * that nobody handles, after each of them; what lies between two batches costs as much as the work in an event.
 */
const TURNS = 64

let resting: Promise<void> | undefined
let goOn: (() => void) | undefined
let turnsAhead = 0

/**
 * Resolves when all promises that can settle without time or I/O have settled: a turn begins only when the queue of
 * microtasks is empty, however long the chains in it are. All worlds of a thread share the turns; they have nothing
 * else in common.
 */
export function atRest(): Promise<void> {
  resting ??= new Promise(resolve => {
    goOn = resolve
  })
  if (turnsAhead === 0) orderTurns()
  return resting
}

function orderTurns(): void {
  for (; turnsAhead < TURNS; turnsAhead++) setImmediate(turn)
}

/** One in which nobody waits passes. */
function turn(): void {
  turnsAhead -= 1
  const resolve = goOn
  resting = undefined
  goOn = undefined
  resolve?.()
}
