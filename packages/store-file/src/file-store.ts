import { resolve } from 'node:path'
import { EvergrantError, fail, type Store } from '@evergrant/core'
import { changeWatch, type WatchFolder, watchFolder } from './change-watch.ts'
import { type Disk, errnoOf, nodeDisk } from './disk.ts'
import { diskFailure } from './disk-failure.ts'
import { folderOf, isKeyFolder } from './folder-names.ts'
import { type HostClock, hostClock } from './host-clock.ts'
import { type Desk, lookAt } from './key-folder.ts'
import { privateDirectory } from './private-directory.ts'
import { entryOf, swap } from './swap.ts'
import { type Sweeper, sweeper } from './sweeper.ts'

export interface FileStoreOptions {
  /**
   * Where the store is kept. Made if it is missing; what exists must belong to the user who runs this process
   * and be closed to everybody else (mode 0700). All processes that name the same directory share the store.
   */
  readonly directory: string
}

/** What a file store needs of the machine it runs on. */
export interface Host {
  readonly disk: Disk
  readonly clock: HostClock
  readonly watch: WatchFolder
  /** The user who runs this process; `undefined` where files have no owners. */
  readonly uid: number | undefined
}

/**
 * A store in a directory, for all processes of one host.
 *
 * There is no server and no lock: a process may be stopped or killed at any moment, and the others neither wait
 * for it nor clean up after it before they can go on. A write that has been answered is on the disk. Values of
 * up to 4 MiB; keys of any length. Not for network file systems, whose renames may be reported as failed
 * although they were done, and which tell nobody of changes.
 *
 * Time is the host's, and never runs backwards for a record: a clock that is set back makes no token younger.
 *
 * Throws an `EvergrantError` of code `invalid_option` when `directory` is no path. Operations reject with the
 * same code when the directory is open to others, with `store_unreachable` when the disk refuses, with
 * `record_newer` when a later version of this package has written the record, and with `closed` after `close`.
 */
export function fileStore(options: FileStoreOptions): Store {
  const uid = process.getuid?.()
  return fileStoreOn({ disk: nodeDisk, clock: hostClock(), watch: watchFolder, uid }, options)
}

interface Opened {
  readonly desk: Desk
  readonly sweeper: Sweeper
}

/** The same on a machine of one's choice. */
export function fileStoreOn(host: Host, options: FileStoreOptions): Store {
  const directory = requirePath(options.directory)
  const changes = changeWatch(host.watch, isKeyFolder)
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

  /** Does something in the directory; once more if the directory has vanished, for it is made anew then. */
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
    traits: { scope: 'host', durable: true, evicts: false, staleMsMax: 0 },
    read: key => work(async ({ desk }) => entryOf(await lookAt(desk, folderOf(key)))),
    write: (key, change) =>
      work(async at => {
        const result = await swap(at.desk, folderOf(key), change)
        if (result.written && change.expected === undefined) at.sweeper.onCreated()
        return result
      }),
    subscribe: (key, onChange) =>
      work(({ desk }) => {
        const end = changes.subscribe(desk.places.records, folderOf(key), onChange)
        return async () => end()
      }),
    async close() {
      closed = true
      changes.close()
      const at = await opening?.catch(() => undefined)
      await at?.sweeper.close()
    },
  }
}

function requirePath(directory: string): string {
  if (typeof directory === 'string' && directory !== '' && !directory.includes('\0'))
    return resolve(directory)
  const message = 'Invalid option: directory is not the path of a directory.'
  throw new EvergrantError(fail('invalid_option', { message }))
}
