import { readFileSync } from 'node:fs'

/** The clocks of this host, as all of its processes read them. */
export interface HostClock {
  /** Epoch ms; may be set back and forth. */
  wallMs(): number
  /** Ms since the host was started: never set, but may stand still while the host sleeps. */
  monotonicMs(): number
  /** Names the start from which `monotonicMs` counts; `undefined` where it cannot be compared between processes. */
  readonly boot: string | undefined
}

/** When something was written, in the store's own time and by the clocks of the host at that moment. */
export interface Stamp {
  /** Epoch ms of the store's own time for this key. */
  readonly storedAt: number
  /** What the wall clock showed, epoch ms. */
  readonly wallAt: number
  /** What the monotonic clock showed, in ms, and since which start of the host. */
  readonly monotonicAt: number
  readonly boot: string | undefined
}

/**
 * What time it is for a key that was last written at `stamp`: as much later as the clock says that has seen
 * more time pass. A wall clock that is set back makes nothing younger, and a monotonic clock that stood still
 * while the host slept makes nothing younger either.
 */
export function timeAfter(stamp: Stamp, clock: HostClock): number {
  const wallMs = clock.wallMs() - stamp.wallAt
  const sameStart = stamp.boot !== undefined && stamp.boot === clock.boot
  const monotonicMs = sameStart ? clock.monotonicMs() - stamp.monotonicAt : 0
  return Math.floor(stamp.storedAt + Math.max(0, wallMs, monotonicMs))
}

/** A stamp for now, no earlier than the time at which the version before it was last seen. */
export function stampAfter(previous: Stamp | undefined, clock: HostClock): Stamp {
  const wallAt = Math.floor(clock.wallMs())
  const storedAt = Math.max(wallAt, previous === undefined ? 0 : timeAfter(previous, clock))
  return { storedAt, wallAt, monotonicAt: clock.monotonicMs(), boot: clock.boot }
}

/** The clocks of this host. Only Linux tells its starts apart. */
export function hostClock(): HostClock {
  return {
    wallMs: () => Date.now(),
    // Unlike `performance.now`, this counts from the same moment in every process.
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
    boot: startOfHost(),
  }
}

function startOfHost(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}
