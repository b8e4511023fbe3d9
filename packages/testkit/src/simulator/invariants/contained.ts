import { SECRET_MARK } from '../simulated-grant.ts'
import type { Watcher, World } from '../world.ts'

/** S8: no secret and no token is in anything that a program tells, explains, throws or asks a store for by name. */
export function contained(world: World): Watcher {
  return {
    'program.told'({ process, event }) {
      if (JSON.stringify(event).includes(SECRET_MARK)) {
        world.fail('S8', `${process.name} told a secret with ${event.type}`)
      }
    },
    'call.ended'({ call: { process, outcome } }) {
      if (outcome === undefined || outcome.ok) return
      const { error } = outcome
      const text = `${String(error)} ${JSON.stringify(error)} ${error instanceof Error ? error.stack : ''}`
      if (text.includes(SECRET_MARK)) world.fail('S8', `an error of ${process.name} holds a secret: ${text}`)
    },
  }
}
