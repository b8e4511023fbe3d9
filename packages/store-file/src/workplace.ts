import { EvergrantError, fail } from '@evergrant/core'
import type { ChangeWatch, WatchFolder } from './change-watch.ts'
import { type Disk, errnoOf } from './disk.ts'
import { diskFailure } from './disk-failure.ts'
import type { HostClock } from './host-clock.ts'
import type { Desk } from './key-folder.ts'
import { privateDirectory } from './private-directory.ts'
import { type Sweeper, sweeper } from './sweeper.ts'

/** What a file store needs of the machine it runs on. */
export interface Host {
  readonly disk: Disk
  readonly clock: HostClock
  readonly watch: WatchFolder
  /** The user who runs this process; `undefined` where files have no owners. */
  readonly uid: number | undefined
}

interface Opened {
  readonly desk: Desk
  readonly sweeper: Sweeper
}

/** A directory in which something can be done, for as long as it is open. */
export interface Workplace {
  /**
   * Opens the directory if need be, and does something in it; once more if the directory has vanished, for it is
   * made anew then. Rejects with what a person can understand.
   */
  work<Result>(job: (opened: Opened) => Result | Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export function workplace(host: Host, directory: string, changes: ChangeWatch): Workplace {
  let opening: Promise<Opened> | undefined
  let closed = false

  async function open(): Promise<Opened> {
    const { disk, clock, uid } = host
    const places = await privateDirectory(disk, directory, uid)
    changes.restart(places.records)
    const desk = { disk, clock, places }
    return { desk, sweeper: sweeper(desk) }
  }

  function requireOpen(): void {
    if (closed) throw new EvergrantError(fail('closed', { message: 'The file store was closed.' }))
  }

  async function opened(): Promise<Opened> {
    requireOpen()
    opening ??= open()
    const current = opening
    try {
      return await current
    } catch (error) {
      // Somebody may put it right: it is looked at anew with the next operation.
      if (opening === current) opening = undefined
      throw error
    }
  }

  async function work<Result>(job: (opened: Opened) => Result | Promise<Result>): Promise<Result> {
    for (let again = false; ; again = true) {
      try {
        const at = await opened()
        requireOpen()
        changes.resume(at.desk.places.records)
        at.sweeper.visit()
        return await job(at)
      } catch (error) {
        if (again || errnoOf(error) !== 'ENOENT') throw diskFailure(error, directory)
        opening = undefined
      }
    }
  }

  return {
    work,
    async close() {
      closed = true
      changes.close()
      const at = await opening?.catch(() => undefined)
      await at?.sweeper.close()
    },
  }
}
