import { createHash, randomBytes } from 'node:crypto'

/**
 * The names inside a store's directory.
 *
 * ```
 * records/<digest of the key>/head.<version>             empty; there is one, and its name is the current version
 * records/<digest of the key>/data.<version>.<previous>  the record, which is to follow, or has followed, `previous`
 * drafts/<version>/                                      a key's folder, complete, before it is moved into `records`
 * swept                                                  touched when somebody last tidied up
 * ```
 *
 * A version is a random number, so none of these names is ever used again once it is gone.
 *
 * @module
 */

/** What `previous` is in the name of the first record of a key. */
export const NOTHING: string = '0'.repeat(32)

const HEAD = /^head\.([0-9a-f]{32})$/
const DATA = /^data\.([0-9a-f]{32})\.([0-9a-f]{32})$/
const KEY_FOLDER = /^[0-9a-f]{64}$/

/** A data file by its name. */
export interface DataName {
  readonly name: string
  readonly version: string
  readonly previous: string
}

/** What the entries of a key's folder are. */
export interface FolderNames {
  readonly all: readonly string[]
  /** The versions of all heads: one in a sound folder, none in one whose key was deleted. */
  readonly heads: readonly string[]
  readonly data: readonly DataName[]
}

export function headName(version: string): string {
  return `head.${version}`
}

export function dataName(version: string, previous: string): string {
  return `data.${version}.${previous}`
}

/** Entries that are none of ours are passed over. */
export function sortNames(all: readonly string[]): FolderNames {
  const heads: string[] = []
  const data: DataName[] = []
  for (const name of all) {
    const [, head] = HEAD.exec(name) ?? []
    if (head !== undefined) heads.push(head)
    const [, version, previous] = DATA.exec(name) ?? []
    if (version !== undefined && previous !== undefined) data.push({ name, version, previous })
  }
  return { all, heads, data }
}

/** The folder of a key. Counted in UTF-16, so that texts which are no valid Unicode stay apart too. */
export function folderOf(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex')
}

export function isKeyFolder(name: string): boolean {
  return KEY_FOLDER.test(name)
}

/** A version that was never used and never will be again. */
export function newVersion(): string {
  return randomBytes(16).toString('hex')
}
