import { open, readFile, stat } from 'node:fs/promises'
import { EvergrantError, fail } from '@evergrant/core'
import { UsageError } from '../failure-report.ts'

/** Longest file that is read for a key, a passphrase or a bundle, in bytes: a bundle of the longest kind, and some. */
const FILE_BYTES_MAX = 1_052_672
/** Permissions of everybody but the owner. */
const OTHERS = 0o077

/** The text of a file that only its owner may read: `secret_unavailable` when others may, or when it is empty. */
export async function readPrivateFile(path: string): Promise<string> {
  const { mode } = await stat(path).catch(error => {
    throw unreadable(path, error)
  })
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw unavailable(`${path} is open to others (mode ${shown}). Run: chmod 600 ${path}`)
  }
  const text = (await readTextFile(path)).trim()
  if (text === '') throw unavailable(`${path} is empty.`)
  return text
}

/** The text of any file, freed of surrounding white space. One that cannot be read is wrong usage, whatever it is for. */
export async function readTextFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX) throw new EvergrantError(fail('bundle_too_large'))
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw EvergrantError.is(error) ? error : unreadable(path, error)
  }
}

/** Writes a file that did not exist, whole and on the disk. Nobody but its owner may read it unless `mode` says so. */
export async function writeNewFile(path: string, text: string, mode = 0o600): Promise<void> {
  const file = await open(path, 'wx', mode).catch(error => {
    const exists = codeOf(error) === 'EEXIST'
    throw new UsageError(exists ? `${path} exists already` : `${path} cannot be written (${codeOf(error)})`)
  })
  try {
    await file.writeFile(`${text}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}

function unreadable(path: string, error: unknown): UsageError {
  return new UsageError(`${path} cannot be read (${codeOf(error)})`)
}

function unavailable(message: string): EvergrantError {
  return new EvergrantError(fail('secret_unavailable', { message }))
}
