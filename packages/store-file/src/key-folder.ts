import { join } from 'node:path'
import { EvergrantError, fail } from '@evergrant/core'
import { type Disk, unless } from './disk.ts'
import { type DataName, type FolderNames, sortNames } from './folder-names.ts'
import { type HostClock, type Stamp, timeAfter } from './host-clock.ts'
import type { Places } from './private-directory.ts'
import { decodeRecordFile, FILE_BYTES_MAX, type FileRecord } from './record-file.ts'
import { readFile } from './whole-file.ts'

/** What work in a store's directory needs. */
export interface Desk {
  readonly disk: Disk
  readonly places: Places
  readonly clock: HostClock
}

/** A key's folder, as it was at one moment. */
export type KeyFolder =
  /** There is none. */
  | { readonly state: 'absent' }
  /** There is one that has no head, or more than one: its key was deleted, or somebody has meddled. */
  | { readonly state: 'headless'; readonly names: FolderNames }
  /** The key has a version. */
  | {
      readonly state: 'headed'
      readonly names: FolderNames
      readonly version: string
      /** What the version says; `undefined` when that was damaged. */
      readonly record: FileRecord | undefined
      /** What time it is for this key, epoch ms. */
      readonly asOf: number
    }

export type Headed = Extract<KeyFolder, { state: 'headed' }>

/** How often a folder is looked at again because its version was replaced between two looks. */
const LOOKS_MAX = 256
/** How many looks it takes to believe what should not be. */
const SURE_AFTER = 3

/** The record of a folder, if it is sound and still worth keeping. */
export function liveRecord(folder: KeyFolder): (Headed & { record: FileRecord }) | undefined {
  if (folder.state !== 'headed' || folder.record === undefined) return undefined
  const { record, asOf } = folder
  return (record.retainUntil ?? Number.POSITIVE_INFINITY) > asOf ? { ...folder, record } : undefined
}

/** When the version that a folder shows was written, if what it shows is alive. */
export function liveStamp(folder: KeyFolder): Stamp | undefined {
  return liveRecord(folder)?.record.stamp
}

/**
 * Looks at a key's folder: which version is the current one, and what it says.
 *
 * Takes nothing for granted that happens in two steps: a record that is gone when it is opened has been
 * replaced, and its folder is looked at again. Rejects with code `record_newer` when a later version of this
 * software has written the record.
 */
export async function lookAt(desk: Desk, folder: string): Promise<KeyFolder> {
  let oddities = 0
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const names = await entriesOf(desk, folder)
    if (names === undefined) return { state: 'absent' }
    const version = names.heads.length === 1 ? names.heads[0] : undefined
    const data = names.data.find(each => each.version === version)
    if (version === undefined || data === undefined) {
      if (++oddities < SURE_AFTER) continue
      return version === undefined ? { state: 'headless', names } : headed(desk, names, version, undefined)
    }
    const read = await unless(['ENOENT'], recordIn(desk, folder, data))
    if (read !== undefined) return headed(desk, names, version, read.record)
  }
  const message = 'A key of the file store is replaced so often that it cannot be read.'
  throw new EvergrantError(fail('store_unreachable', { message }))
}

function headed(desk: Desk, names: FolderNames, version: string, record: FileRecord | undefined): Headed {
  const asOf = record === undefined ? desk.clock.wallMs() : timeAfter(record.stamp, desk.clock)
  return { state: 'headed', names, version, record, asOf }
}

/** What is in a key's folder; `undefined` when there is no such folder. */
async function entriesOf({ disk, places }: Desk, folder: string): Promise<FolderNames | undefined> {
  const path = join(places.records, folder)
  const [status, entries] = await Promise.all([
    unless(['ENOENT'], disk.status(path)),
    unless(['ENOENT'], disk.list(path)),
  ])
  if (status === undefined || entries === undefined) return undefined
  if (status.kind !== 'directory') throw intruder(path)
  return sortNames(entries)
}

function intruder(path: string): EvergrantError {
  const message = `The file store found something that is not a folder at ${path}; remove it.`
  return new EvergrantError(fail('store_unreachable', { kind: 'configure', message }))
}

/** The record in a data file, or none when the file is damaged or is not the one that its name says. */
async function recordIn(
  { disk, places }: Desk,
  folder: string,
  { name, version }: DataName,
): Promise<{ readonly record: FileRecord | undefined }> {
  const bytes = await readFile(disk, join(places.records, folder, name), FILE_BYTES_MAX)
  const decoded = bytes === undefined ? undefined : decodeRecordFile(bytes)
  if (decoded?.kind === 'newer') throw new EvergrantError(fail('record_newer'))
  if (decoded?.kind !== 'record') return { record: undefined }
  const { record } = decoded
  return { record: record.key === folder && record.version === version ? record : undefined }
}
