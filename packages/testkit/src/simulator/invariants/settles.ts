import type { Call } from '../call.ts'
import type { Watcher, World } from '../world.ts'

const SLACK_MS = 50
/** By how much a clock that was set may mislead its process, in ms: the span for which it is trusted unseen. */
const MISLED_MS = 1_100

/** L1: every call comes to its end by its deadline, counted in the time that its process was running. */
export function settles(world: World): Watcher {
  const open = new Set<Call>()
  /** No call is late before this instant. */
  let lateAt = Number.POSITIVE_INFINITY

  function overdueMs({ process, beganRunningMs, timeoutMs }: Call): number {
    const slackMs = SLACK_MS + (process.machine.wasSet ? MISLED_MS : 0)
    return process.runningMs - beganRunningMs - timeoutMs - slackMs
  }

  return {
    'call.began'({ call }) {
      open.add(call)
      lateAt = Math.min(lateAt, call.beganAt + call.timeoutMs + SLACK_MS)
    },
    'call.ended'({ call }) {
      open.delete(call)
    },
    afterEvent() {
      if (world.now <= lateAt) return
      lateAt = Number.POSITIVE_INFINITY
      for (const call of open) {
        if (!call.process.alive || call.outcome !== undefined) {
          open.delete(call)
          continue
        }
        const overdue = overdueMs(call)
        if (overdue > 0)
          world.fail('L1', `call #${call.number} of ${call.process.name} is ${overdue} ms overdue`)
        lateAt = Math.min(lateAt, world.now - overdue)
      }
    },
  }
}
