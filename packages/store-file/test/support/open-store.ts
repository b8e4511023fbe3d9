import type { Entry, Store, Version } from '@evergrant/core'
import { expect } from 'vitest'
import { watchFolder } from '../../src/change-watch.ts'
import { fileStoreOn } from '../../src/file-store.ts'
import { type HostClock, hostClock } from '../../src/host-clock.ts'
import type { Host } from '../../src/workplace.ts'
import { quickDisk } from './quick-disk.ts'

/** A store on this machine, but for what a test puts in the place of its parts. */
export function openStore(directory: string, parts: Partial<Host> = {}): Store {
  const uid = process.getuid?.()
  return fileStoreOn(
    { disk: quickDisk, clock: hostClock(), watch: watchFolder, uid, ...parts },
    { directory },
  )
}

/** Writes over whatever is there, and returns the new version. */
export async function put(store: Store, key: string, value: string | undefined, retainUntil?: number) {
  const expected = (await store.read(key))?.version
  const result = await store.write(key, {
    value,
    expected,
    ...(retainUntil !== undefined && { retainUntil }),
  })
  expect(result.written).toBe(true)
  return result.written ? result.version : ('' as Version)
}

/** What a read must find. */
export async function found(store: Store, key: string): Promise<Entry> {
  const entry = await store.read(key)
  if (entry === undefined) throw new Error(`there is nothing at ${key}`)
  return entry
}

/** Clocks that go on by themselves, and can be set. */
export interface MovableClock extends HostClock {
  /** What is added to the host's own clocks, in ms. */
  wallOffsetMs: number
  monotonicOffsetMs: number
  boot: string | undefined
}

export function movableClock(): MovableClock {
  const own = hostClock()
  return {
    wallOffsetMs: 0,
    monotonicOffsetMs: 0,
    boot: 'the first start',
    wallMs() {
      return own.wallMs() + this.wallOffsetMs
    },
    monotonicMs() {
      return own.monotonicMs() + this.monotonicOffsetMs
    },
  }
}
