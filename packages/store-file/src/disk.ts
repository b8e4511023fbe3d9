import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'

/** What is known of a file without opening it. Symbolic links are not followed. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other'
  /** Permission bits. */
  readonly mode: number
  /** Who owns it; 0 where files have no owner. */
  readonly uid: number
  /** When its content, or the list of its entries, was last changed or touched; epoch ms. */
  readonly changedAt: number
}

/**
 * The file system, one system call a function, so that a test can stop, fail or kill a process between any two
 * of them. All reject as `node:fs` does, with an error whose `code` is the name of the errno.
 */
export interface Disk {
  open(path: string, flags: number, mode: number): Promise<number>
  /** Reads on from where the last read ended; 0 at the end of the file. */
  read(file: number, into: Uint8Array): Promise<number>
  /** Writes on from where the last write ended; may write less than it was given. */
  write(file: number, bytes: Uint8Array): Promise<number>
  sync(file: number): Promise<void>
  close(file: number): Promise<void>
  list(folder: string): Promise<readonly string[]>
  status(path: string): Promise<FileStatus>
  /** Sets the instant of the last change; tells whoever watches the folder around it. */
  touch(path: string, at: Date): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  makeFolder(path: string, mode: number): Promise<void>
  /** Makes a folder and those above it that are missing. The outermost that was missing, `undefined` if none was. */
  makeFolders(path: string, mode: number): Promise<string | undefined>
  removeFolder(path: string): Promise<void>
  /** The path without symbolic links. */
  real(path: string): Promise<string>
}

const calls = {
  read: promisify(fs.read),
  write: promisify(fs.write),
  lstat: promisify(fs.lstat),
  realpath: promisify(fs.realpath.native),
}

/** The disk of this host. */
export const nodeDisk: Disk = {
  open: promisify(fs.open) as Disk['open'],
  async read(file, into) {
    const { bytesRead } = await calls.read(file, into, 0, into.length, null)
    return bytesRead
  },
  async write(file, bytes) {
    const { bytesWritten } = await calls.write(file, bytes, 0, bytes.length, null)
    return bytesWritten
  },
  sync: promisify(fs.fsync),
  close: promisify(fs.close),
  list: folder => fs.promises.readdir(folder),
  async status(path) {
    const found = await calls.lstat(path)
    return {
      kind: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other',
      mode: found.mode & 0o7777,
      uid: found.uid,
      changedAt: found.mtimeMs,
    }
  },
  touch: (path, at) => fs.promises.lutimes(path, at, at),
  rename: promisify(fs.rename),
  unlink: promisify(fs.unlink),
  makeFolder: (path, mode) => fs.promises.mkdir(path, { mode }).then(() => undefined),
  makeFolders: (path, mode) => makeFolders(resolve(path), mode),
  removeFolder: promisify(fs.rmdir),
  real: path => calls.realpath(path),
}

/**
 * One folder at a time: `mkdir` of `node:fs` with `recursive` never ends where a file system lets nobody make a folder and
 * says that it is missing, as /proc does.
 */
async function makeFolders(path: string, mode: number): Promise<string | undefined> {
  const failed = await errorOf(nodeDisk.makeFolder(path, mode))
  if (failed === undefined) return path
  const above = dirname(path)
  if (errnoOf(failed) !== 'ENOENT' || above === path) return orThere(path, failed)
  const outermost = await makeFolders(above, mode)
  const again = await errorOf(nodeDisk.makeFolder(path, mode))
  if (again !== undefined) await orThere(path, again)
  return outermost ?? path
}

/** Rejects with why a folder was not made, unless it is there. */
async function orThere(path: string, error: Error): Promise<undefined> {
  const found = await unless(['ENOENT', 'ENOTDIR'], fs.promises.stat(path))
  if (found?.isDirectory() !== true) throw error
}

function errorOf(call: Promise<void>): Promise<Error | undefined> {
  return call.then(
    () => undefined,
    (error: Error) => error,
  )
}

/** The name of the errno of a failed call, `ENOENT` say; empty for anything else that was thrown. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return ''
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : ''
}

/** The result, or `undefined` when the call failed in one of these ways. */
export async function unless<Result>(
  errnos: readonly string[],
  call: Promise<Result>,
): Promise<Result | undefined> {
  return call.catch(error => {
    if (errnos.includes(errnoOf(error))) return undefined
    throw error
  })
}
