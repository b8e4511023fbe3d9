import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EvergrantError, fail } from '@evergrant/core'
import type { AuditHead } from './audit-head.ts'
import { headName, partName } from './file-names.ts'

export interface LogFileOptions {
  readonly directory: string
  readonly chain: string
  readonly partBytesMax: number
  readonly sync: boolean
}

/**
 * The parts of one chain. Written to at once: an entry that waits in a buffer when the process dies is one that was
 * never made.
 */
export class LogFile {
  readonly #options: LogFileOptions
  #descriptor: number | undefined
  #part = 0
  #bytes = 0

  /** Throws an `EvergrantError` when the directory cannot be made, or is not for us alone. */
  constructor(options: LogFileOptions) {
    this.#options = options
    attempt(() => {
      makeFolders(resolve(options.directory))
      const { mode } = statSync(options.directory)
      if (process.platform !== 'win32' && (mode & 0o022) !== 0) throw new Error('others may write to it')
    }, options.directory)
  }

  /** Writes a line whole, and then what the last line is. Throws an `EvergrantError` of code `audit_unwritable`. */
  append(text: string, head: AuditHead): void {
    const { directory, partBytesMax, sync } = this.#options
    attempt(() => {
      const bytes = Buffer.from(text)
      const full = this.#bytes > 0 && this.#bytes + bytes.length > partBytesMax
      if (this.#descriptor === undefined || full) this.#beginPart()
      const descriptor = this.#descriptor as number
      if (writeSync(descriptor, bytes) !== bytes.length) {
        // What was cut is no line. The next one begins a part of its own, where it can be read.
        this.#bytes = partBytesMax
        throw new Error('the disk is full')
      }
      this.#bytes += bytes.length
      if (sync) fsyncSync(descriptor)
      this.#writeHead(head)
    }, directory)
  }

  close(): void {
    if (this.#descriptor !== undefined) {
      fsyncSync(this.#descriptor)
      closeSync(this.#descriptor)
    }
    this.#descriptor = undefined
  }

  #beginPart(): void {
    this.close()
    const { directory, chain } = this.#options
    this.#part += 1
    this.#bytes = 0
    this.#descriptor = openSync(join(directory, partName(chain, this.#part)), 'ax', 0o600)
  }

  #writeHead(head: AuditHead): void {
    const { directory, chain } = this.#options
    const path = join(directory, headName(chain))
    writeFileSync(`${path}.new`, `${JSON.stringify(head)}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
}

function attempt(act: () => void, directory: string): void {
  try {
    act()
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const message = `The audit log in ${directory} cannot be written (${reason}).`
    throw new EvergrantError(fail('audit_unwritable', { message }))
  }
}

/**
 * One folder at a time: `mkdirSync` with `recursive` never ends where a file system lets nobody make a folder and says that
 * it is missing, as /proc does.
 */
function makeFolders(path: string): void {
  const failed = failureOfFolder(path)
  if (failed === undefined) return
  if (failed.code !== 'ENOENT' || dirname(path) === path) throw failed
  makeFolders(dirname(path))
  const again = failureOfFolder(path)
  if (again !== undefined) throw again
}

/** Why a folder cannot be made; `undefined` when it was, or is there. */
function failureOfFolder(path: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode: 0o700 })
    return undefined
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return undefined
    return error as NodeJS.ErrnoException
  }
}
