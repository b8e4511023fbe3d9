import { join } from 'node:path'
import {
  type Change,
  type Entry,
  EvergrantError,
  fail,
  type Version,
  type WriteResult,
} from '@evergrant/core'
import { errnoOf, unless } from './disk.ts'
import { dataName, type FolderNames, folderOf, headName, NOTHING, newVersion } from './folder-names.ts'
import { stampAfter } from './host-clock.ts'
import { type Desk, type Headed, type KeyFolder, liveRecord, liveStamp, lookAt } from './key-folder.ts'
import { encodeRecordFile, type FileRecord, NAME_CHARS_MAX, VALUE_BYTES_MAX } from './record-file.ts'
import { createFile, syncFolder } from './whole-file.ts'

/**
 * Compare-and-swap on names.
 *
 * The current version of a key *is* the name of the one head in its folder. To replace or delete a version is
 * to take that name away: `rename(head.old, head.new)` or `unlink(head.old)`. The operating system lets exactly
 * one process take a name, and a name that is gone never returns, for versions are random. So whoever was
 * overtaken, however long ago, finds nothing to take. A key is created by moving a complete folder to its
 * place, which fails if a folder that is not empty is there. Nothing is ever held, so there is nothing to be
 * released, taken over or timed out, and a process may die or be stopped between any two system calls.
 *
 * @module
 */

/** How often a write looks again because somebody else was faster, and the key is as expected all the same. */
const ATTEMPTS_MAX = 64

export function entryOf(folder: KeyFolder): Entry | undefined {
  const live = liveRecord(folder)
  if (live === undefined) return undefined
  const { value, stamp } = live.record
  return { value, version: live.version as Version, time: { storedAt: stamp.storedAt, asOf: live.asOf } }
}

/** Replaces, creates or deletes the record of a key if its version is the expected one. */
export async function swap(desk: Desk, key: string, change: Change): Promise<WriteResult> {
  const folder = folderOf(key)
  requireSize(change.value)
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts++) {
    const found = await lookAt(desk, folder)
    const entry = entryOf(found)
    if (entry?.version !== change.expected) return { written: false, entry }
    const next = nextRecord(desk, key, found, change)
    if (await take(desk, folder, found, change.value === undefined ? undefined : next)) {
      return { written: true, version: next.version as Version, storedAt: next.stamp.storedAt }
    }
  }
  const path = join(desk.places.records, folder)
  const message = `A key of the file store cannot be written: it comes and goes too often, or something is in the way in ${path}.`
  throw new EvergrantError(fail('store_unreachable', { message }))
}

function nextRecord(desk: Desk, key: string, found: KeyFolder, change: Change): FileRecord {
  const { value = '', retainUntil } = change
  const stamp = stampAfter(liveStamp(found), desk.clock)
  return {
    key: folderOf(key),
    version: newVersion(),
    value,
    stamp,
    ...(key.length <= NAME_CHARS_MAX && { name: key }),
    ...(retainUntil !== undefined && Number.isFinite(retainUntil) && { retainUntil }),
  }
}

/** Whether what was found could be changed, before anybody else did. `next` is `undefined` for a delete. */
async function take(desk: Desk, folder: string, found: KeyFolder, next: FileRecord | undefined) {
  if (found.state === 'headed') {
    return next === undefined ? erase(desk, folder, found) : replace(desk, folder, found, next)
  }
  if (found.state === 'headless') await clear(desk, folder, found.names)
  return next === undefined || create(desk, folder, next)
}

/** Takes the name of the current version and gives it to the next one, whose record lies ready beside it. */
async function replace(desk: Desk, folder: string, found: Headed, next: FileRecord): Promise<boolean> {
  const { disk, clock } = desk
  const path = join(desk.places.records, folder)
  const data = join(path, dataName(next.version, found.version))
  if (!(await prepare(desk, data, next))) return false
  const [from, to] = [join(path, headName(found.version)), join(path, headName(next.version))]
  if (!(await happens(['ENOENT'], disk.rename(from, to)))) {
    await quietly(disk.unlink(data))
    return false
  }
  await syncFolder(disk, path)
  const previous = found.names.data.filter(({ version }) => version === found.version)
  await Promise.all([
    ...previous.map(({ name }) => quietly(disk.unlink(join(path, name)))),
    quietly(disk.touch(path, new Date(clock.wallMs()))),
  ])
  return true
}

/** Writes the record of a version that is not there yet; not if the folder is gone. */
async function prepare({ disk }: Desk, path: string, record: FileRecord): Promise<boolean> {
  try {
    return await happens(['ENOENT'], createFile(disk, path, encodeRecordFile(record)))
  } catch (error) {
    await quietly(disk.unlink(path))
    throw error
  }
}

/** Takes the name of the current version away. What is left of the folder is of no use to anybody. */
export async function erase(desk: Desk, folder: string, { version, names }: Headed): Promise<boolean> {
  const { disk, clock } = desk
  const path = join(desk.places.records, folder)
  if (!(await happens(['ENOENT'], disk.unlink(join(path, headName(version)))))) return false
  await syncFolder(disk, path)
  if (!(await clear(desk, folder, names))) await quietly(disk.touch(path, new Date(clock.wallMs())))
  return true
}

/**
 * Removes a folder that has no sound head, and what was seen in it. Whoever has moved a new folder to its
 * place meanwhile loses nothing: none of the names that were seen is in it, and it is not empty.
 */
export async function clear({ disk, places }: Desk, folder: string, names: FolderNames): Promise<boolean> {
  const path = join(places.records, folder)
  for (const name of names.all) await quietly(disk.unlink(join(path, name)))
  return quietly(disk.removeFolder(path))
}

/** What renaming a folder over one that is not empty fails with; Windows never lets one folder replace another. */
const OCCUPIED = ['ENOTEMPTY', 'EEXIST', ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : [])]

/** Moves a complete folder to the place of the key, unless there is one. */
async function create(desk: Desk, folder: string, next: FileRecord): Promise<boolean> {
  const { disk, places } = desk
  const draft = join(places.drafts, next.version)
  const files = [join(draft, dataName(next.version, NOTHING)), join(draft, headName(next.version))] as const
  await disk.makeFolder(draft, 0o700)
  let moved = false
  try {
    await createFile(disk, files[0], encodeRecordFile(next))
    await createFile(disk, files[1], new Uint8Array())
    await syncFolder(disk, draft)
    moved = await happens(OCCUPIED, disk.rename(draft, join(places.records, folder)))
  } finally {
    if (!moved) {
      for (const file of files) await quietly(disk.unlink(file))
      await quietly(disk.removeFolder(draft))
    }
  }
  if (moved) await syncFolder(disk, places.records)
  return moved
}

/** Whether a call succeeds; failing in one of these ways is an answer too. */
async function happens(errnos: readonly string[], call: Promise<void>): Promise<boolean> {
  const done = call.then(() => true)
  return (await unless(errnos, done)) ?? false
}

/** Whether a call succeeds that nothing depends on. */
export async function quietly(call: Promise<void>): Promise<boolean> {
  return call.then(
    () => true,
    error => {
      if (errnoOf(error) === '') throw error
      return false
    },
  )
}

function requireSize(value: string | undefined): void {
  const bytes = Buffer.byteLength(value ?? '')
  if (bytes > VALUE_BYTES_MAX) {
    throw new RangeError(`A value of ${bytes} bytes exceeds what a file store takes (${VALUE_BYTES_MAX}).`)
  }
}
