import type { SimulatedProcess } from '../simulated-process.ts'
import type { Stored } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

/**
 * S4: in each process, generations of the tokens given never fall, and a token that was rejected there, or that
 * the process has read to be rejected, is never given again.
 */
export function readerMonotone(world: World): Watcher {
  const generations = new PerProcess<number>()
  const known = new PerProcess<Set<string>>()

  /** Whether it was rejected there before this very event: what is handed out cannot be taken back. */
  function isRejected(process: SimulatedProcess, accessToken: string): boolean {
    return (process.rejected.get(accessToken) ?? world.events) < world.events
  }

  function rejectedIn(stored: Stored | undefined): string | undefined {
    const record = stored?.record
    return record?.rejected ? record.tokens?.accessToken : undefined
  }

  return {
    'store.told'({ process, grant, stored, isCertain }) {
      const accessToken = rejectedIn(stored)
      if (accessToken === undefined || !isCertain) return
      const rejected = known.get(process, grant) ?? new Set()
      known.set(process, grant, rejected.add(accessToken))
    },
    'token.given'({ process, grant, token: { generation, accessToken } }) {
      const last = generations.get(process, grant) ?? 0
      // Whoever has dropped a grant forgets its number, and a store that has lost it cannot tell.
      const isForgotten = grant.history.losses > 0 && grant.history.commands > 0
      if (generation < last && !isForgotten) {
        world.fail('S4', `${process.name} was given generation ${generation} after ${last}`)
      } else if (isRejected(process, accessToken) || known.get(process, grant)?.has(accessToken)) {
        world.fail('S4', `${process.name} was given ${accessToken} again, which was rejected`)
      }
      generations.set(process, grant, generation)
    },
  }
}
