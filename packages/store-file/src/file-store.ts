import { resolve } from 'node:path'
import { EvergrantError, fail, type Store } from '@evergrant/core'
import { changeWatch, watchFolder } from './change-watch.ts'
import { nodeDisk } from './disk.ts'
import { folderOf, isKeyFolder } from './folder-names.ts'
import { hostClock } from './host-clock.ts'
import { liveRecord, lookAt } from './key-folder.ts'
import { entryOf, swap } from './swap.ts'
import { type Host, workplace } from './workplace.ts'

export interface FileStoreOptions {
  /**
   * Where the store is kept. Made if it is missing; what exists must belong to the user who runs this process
   * and be closed to everybody else (mode 0700). All processes that name the same directory share the store.
   */
  readonly directory: string
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

/** The same on a machine of one's choice. */
export function fileStoreOn(host: Host, options: FileStoreOptions): Store {
  const changes = changeWatch(host.watch, isKeyFolder)
  const { work, close } = workplace(host, requirePath(options.directory), changes)
  return {
    traits: { scope: 'host', durable: true, evicts: false, staleMsMax: 0 },
    read: key => work(async ({ desk }) => entryOf(await lookAt(desk, folderOf(key)))),
    write: (key, change) =>
      work(async at => {
        const result = await swap(at.desk, key, change)
        if (result.written && change.expected === undefined) at.sweeper.onCreated()
        return result
      }),
    subscribe: (key, onChange) =>
      work(({ desk }) => {
        const end = changes.subscribe(desk.places.records, folderOf(key), onChange)
        return async () => end()
      }),
    async *keys() {
      const folders = await work(({ desk }) => desk.disk.list(desk.places.records))
      for (const folder of folders.filter(isKeyFolder)) {
        const name = liveRecord(await work(({ desk }) => lookAt(desk, folder)))?.record.name
        if (name !== undefined && folderOf(name) === folder) yield name
      }
    },
    close,
  }
}

function requirePath(directory: string): string {
  if (typeof directory === 'string' && directory !== '' && !directory.includes('\0'))
    return resolve(directory)
  const message = 'Invalid option: directory is not the path of a directory.'
  throw new EvergrantError(fail('invalid_option', { message }))
}
