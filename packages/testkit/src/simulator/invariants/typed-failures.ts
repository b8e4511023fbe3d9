import type { Watcher, World } from '../world.ts'

/**
 * S12: whatever the store holds and the server says, a caller is given a token or a failure of the program, and
 * no cell of the machine is reached that must not be.
 */
export function typedFailures(world: World): Watcher {
  return {
    'call.ended'({ call: { process, number, outcome } }) {
      if (outcome === undefined || outcome.ok || outcome.failure !== undefined) return
      world.fail('S12', `call #${number} of ${process.name} ended with ${String(outcome.error)}`)
    },
    'program.told'({ process, event }) {
      if (event.type !== 'machine.surprised') return
      world.fail('S12', `the machine of ${process.name} was surprised: ${JSON.stringify(event)}`)
    },
  }
}
