import type { SimulatedGrant } from '../simulated-grant.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedStore } from '../simulated-store.ts'

/** How old a lease has to be when it is taken over, in ms. */
export function lapsedMs({ numbers: { leaseMs, pollMs } }: SimulatedGrant, store: SimulatedStore): number {
  if (store.rules.hasClock) return leaseMs
  // Watched, and counted in looks: one whose clock was set forward may save the first and the last of them.
  return leaseMs - 2 * pollMs
}

/** A store that has lost a lease may give another one before the first is known to be given. */
export function hasLostLease(process: SimulatedProcess, { history }: SimulatedGrant): boolean {
  return (history.tenures.get(process)?.losses ?? history.losses) < history.losses
}
