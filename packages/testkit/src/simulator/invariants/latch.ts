import type { SimulatedStore } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

/** By how much a process may misjudge an instant of the store's clock, in ms: the round trips of the store. */
const MISJUDGED_MS = 5_000
/** How the server says that the client itself is refused. */
const CLIENT_REFUSED = 401

/** When a process heard that its client is refused, by its own clock, and how many commands there had been. */
interface Refusal {
  readonly at: number
  readonly commands: number
}

/** What a program tells when a token has come: whoever has got one is not refused any more. */
const ENDS = ['token.adopted', 'renewal.succeeded', 'grant.received']

/**
 * S10: after a failure that only a person can mend, nobody asks again before the pause that is noted in the record
 * has passed; and whoever was refused itself waits for a latch, whatever the record says, unless a token or a grant
 * has come meanwhile.
 */
export function latch(world: World, store: SimulatedStore): Watcher {
  const refusals = new PerProcess<Refusal | undefined>()
  return {
    'request.ended'({ exchange: { process, grant, status } }) {
      const { commands } = grant.history
      if (status === CLIENT_REFUSED) refusals.set(process, grant, { at: process.now, commands })
    },
    'program.told'({ process, grant, event: { type } }) {
      if (ENDS.includes(type)) refusals.set(process, grant, undefined)
    },
    'request.sent'({ exchange: { process, grant } }) {
      const refusal = refusals.get(process, grant)
      if (refusal === undefined || refusal.commands < grant.history.commands) return
      const sinceMs = process.now - refusal.at
      if (sinceMs >= grant.numbers.latchMs) return
      world.fail(
        'S10',
        `${process.name} asks for grant ${grant.index} ${sinceMs} ms after its client was refused`,
      )
    },
    'store.wrote'({ process, grant, before, after }) {
      const trouble = before?.record?.trouble
      if (after.record?.lease === undefined || trouble?.until === undefined || process.machine.wasSet) return
      if (before?.record?.clock !== 'store' || trouble.kind !== 'configure') return
      // Whose clock was set may have noted more than the pause; nobody believes that it is longer than one can be.
      const { latchMs, latchMaxMs } = grant.numbers
      const longestUntil = before.storedAt + Math.min(latchMaxMs, latchMs * 2 ** (trouble.attempts - 1))
      const leftMs = Math.min(trouble.until, longestUntil) - store.now
      if (leftMs <= MISJUDGED_MS) return
      world.fail('S10', `${process.name} asks for grant ${grant.index} ${leftMs} ms before the pause is over`)
    },
  }
}
