import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

const WINDOW_MS = 10_000
/** Events at one instant beyond which time has stopped. */
const INSTANT_EVENTS_MAX = 2_000

/** Instants of the last while. */
class Recently {
  #instants: number[] = []

  add(at: number): number {
    this.#instants.push(at)
    if ((this.#instants[0] ?? at) <= at - WINDOW_MS) {
      this.#instants = this.#instants.filter(each => each > at - WINDOW_MS)
    }
    return this.#instants.length
  }
}

/**
 * L4: nobody storms. Requests that fail are at least `backoffMinMs` apart in each process; a process looks at the
 * store no more often than polls, hints and its own work ask for; and time goes on.
 */
export function noStorm(world: World): Watcher {
  const failures = new PerProcess<Recently>()
  const operations = new PerProcess<Recently>()
  let instant = 0
  let eventsThen = 0

  const recently = (
    of: PerProcess<Recently>,
    ...[process, grant]: Parameters<PerProcess<Recently>['get']>
  ) => {
    const known = of.get(process, grant) ?? new Recently()
    of.set(process, grant, known)
    return known
  }

  return {
    'request.ended'({ exchange: { process, grant, end } }) {
      if (end === 'won') return
      const count = recently(failures, process, grant).add(process.runningMs)
      const most = 2 + WINDOW_MS / grant.numbers.backoffMinMs
      if (count > most) {
        world.fail('L4', `${process.name} had ${count} failed requests in ${WINDOW_MS} ms`)
      }
    },
    'store.asked'({ process, grant }) {
      const count = recently(operations, process, grant).add(process.runningMs)
      const polls = WINDOW_MS / grant.numbers.pollMs
      const retries = WINDOW_MS / grant.numbers.backoffMinMs
      const most = 20 + 2 * polls + retries
      if (count > most) world.fail('L4', `${process.name} asked the store ${count} times in ${WINDOW_MS} ms`)
    },
    afterEvent() {
      if (world.now !== instant) {
        instant = world.now
        eventsThen = world.events
      } else if (world.events - eventsThen > INSTANT_EVENTS_MAX) {
        world.fail('L4', `${INSTANT_EVENTS_MAX} events have happened at one instant`)
      }
    },
  }
}
