import { dirname, join, resolve } from 'node:path'
import { EvergrantError, fail } from '@evergrant/core'
import { type Disk, errnoOf, type FileStatus, unless } from './disk.ts'
import { syncFolder } from './whole-file.ts'

/** Where the parts of a store are. Absolute paths without symbolic links. */
export interface Places {
  readonly root: string
  readonly records: string
  readonly drafts: string
  readonly swept: string
}

const FOLDER_MODE = 0o700
/** All that anybody but the owner could be allowed. */
const OTHERS = 0o077

/**
 * Makes what is missing of a store's directory, with permissions for its owner alone, and refuses one that
 * somebody else owns or may enter: whoever can read it has the tokens, whoever can write it decides which
 * tokens are used. Rejects with an `EvergrantError` of code `invalid_option` that says what to do.
 *
 * `uid` is the user that runs this process; `undefined` where files have no owners, which are not checked then.
 */
export async function privateDirectory(
  disk: Disk,
  directory: string,
  uid: number | undefined,
): Promise<Places> {
  const made = await disk.makeFolders(directory, FOLDER_MODE).catch(error => {
    if (errnoOf(error) !== 'ENOENT') throw error
    throw unfit(`${directory} cannot be made: there is no place for it (ENOENT). Choose another directory.`)
  })
  // From here on the real path is used: a link that is changed later leads nobody astray.
  const root = await disk.real(directory)
  requirePrivate(await disk.status(root), root, uid)
  const [records, drafts] = [join(root, 'records'), join(root, 'drafts')]
  let anyMade = made !== undefined
  for (const folder of [records, drafts]) {
    const isNew = await unless(
      ['EEXIST'],
      disk.makeFolder(folder, FOLDER_MODE).then(() => true),
    )
    anyMade ||= isNew === true
    requirePrivate(await disk.status(folder), folder, uid)
  }
  if (anyMade) await syncFolder(disk, root)
  if (made !== undefined) await syncUpTo(disk, resolve(directory), dirname(made))
  return { root, records, drafts, swept: join(root, 'swept') }
}

function requirePrivate({ kind, mode, uid: owner }: FileStatus, path: string, uid: number | undefined): void {
  if (kind !== 'directory') {
    throw unfit(`${path} is not a directory. Remove it or choose another directory.`)
  }
  if (uid === undefined) return
  if (owner !== uid) {
    throw unfit(
      `${path} belongs to user ${owner}, and this process runs as user ${uid}. Choose another directory.`,
    )
  }
  if ((mode & OTHERS) !== 0) {
    const shown = mode.toString(8).padStart(4, '0')
    throw unfit(`${path} is open to others (mode ${shown}), and it holds tokens. Run: chmod 700 ${path}`)
  }
}

function unfit(message: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `The file store's directory ${message}` }))
}

/** Saves the names of new folders: from the parent of `path` up to `top`. */
async function syncUpTo(disk: Disk, path: string, top: string): Promise<void> {
  for (let at = path; at !== top && at !== dirname(at); at = dirname(at)) await syncFolder(disk, dirname(at))
}
