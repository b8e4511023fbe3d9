import type { SimulatedStore } from '../simulated-store.ts'
import type { Watcher, World } from '../world.ts'
import { PerProcess } from './per-process.ts'

/** By how much a process may misjudge how long a stored token lives, in ms, unless a round trip took longer. */
const MISJUDGED_MS = 5_000
/** How long a caller's wish may go on being pursued when the caller has left, in ms of running time. */
const PURSUED_MS = 60_000

/** How much life a caller has asked for, and when by the running time of its process. */
interface Wish {
  readonly minValidForMs: number
  readonly atMs: number
}

/**
 * P2: no token is requested that nobody needs.
 *
 * A lease is written over a record that the writer has read. If that record holds a token that is not due for a
 * while, that nobody in this process has rejected or has read to be, and that lives as long as everybody who asked
 * needs, then the lease is taken for nothing. Only where instants are of the store's clock; and a process whose clock
 * was ever set may believe that more time has passed.
 */
export function neededRequest(world: World, store: SimulatedStore): Watcher {
  const wishes = new PerProcess<Wish[]>()
  /** The longest round trip of each: when within it the store's clock was told, nobody can say. */
  const misjudged = new PerProcess<number>()
  /** The tokens that each has read to be rejected: a store that falls back may show them otherwise. */
  const readRejected = new PerProcess<ReadonlySet<string>>()
  return {
    'store.told'({ process, grant, stored, tookMs }) {
      const { tokens, rejected } = stored?.record ?? {}
      if (rejected && tokens !== undefined) {
        const others = readRejected.get(process, grant) ?? []
        readRejected.set(process, grant, new Set([...others, tokens.accessToken]))
      }
      misjudged.set(process, grant, Math.max(misjudged.get(process, grant) ?? MISJUDGED_MS, tookMs))
    },
    'call.began'({ call: { process, grant, minValidForMs } }) {
      if (minValidForMs === 0) return
      const wish = { minValidForMs, atMs: process.runningMs }
      wishes.set(process, grant, [...(wishes.get(process, grant) ?? []), wish])
    },
    'store.wrote'({ process, grant, before, after }) {
      const record = before?.record
      const tokens = record?.tokens
      if (after.record?.lease === undefined || tokens?.expiresAt === undefined || record === undefined) return
      const knows =
        process.rejected.has(tokens.accessToken) || readRejected.get(process, grant)?.has(tokens.accessToken)
      if (record.clock !== 'store' || record.rejected || knows) return
      // A process that holds a higher generation than a store that has lost some goes on from there.
      if (record.generation < grant.history.highest) return
      if (grant.history.commands > 0 || process.machine.wasSet) return
      const leftMs = tokens.expiresAt - store.now
      const { renewBeforeMs, renewFraction } = grant.numbers
      // Who has held a token since it was new knows of a longer life than whoever was given it again.
      const lifeMs = grant.rules.repeats ? grant.toldLifeMs : tokens.expiresAt - tokens.sentAt
      const windowMs = Math.min(renewBeforeMs, lifeMs * renewFraction)
      const wanted = wishes
        .get(process, grant)
        ?.some(
          ({ minValidForMs, atMs }) =>
            minValidForMs > leftMs - MISJUDGED_MS && process.runningMs - atMs < PURSUED_MS,
        )
      if (leftMs <= windowMs + (misjudged.get(process, grant) ?? 0) || wanted) return
      const what = `a lease of grant ${grant.index}`
      world.fail('P2', `${process.name} took ${what} though the stored token lives for ${leftMs} ms yet`)
    },
  }
}
