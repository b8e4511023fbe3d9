import { constants } from 'node:fs'
import { type Disk, errnoOf } from './disk.ts'

// Windows has neither; there, nobody but an administrator makes symbolic links.
const { O_NOFOLLOW = 0, O_DIRECTORY = 0 } = constants
const FILE_MODE = 0o600
const FIRST_READ_BYTES = 16 * 1024

/**
 * Makes a file that did not exist, with these bytes, and returns when they are on the disk. When that fails,
 * what was made of it may be left behind.
 */
export async function createFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW
  const file = await disk.open(path, flags, FILE_MODE)
  try {
    for (let done = 0; done < bytes.length; ) done += await disk.write(file, bytes.subarray(done))
    if (bytes.length > 0) await disk.sync(file)
  } finally {
    await disk.close(file)
  }
}

/** The bytes of a file, at most `bytesMax` of them; `undefined` when it has more. */
export async function readFile(disk: Disk, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const file = await disk.open(path, constants.O_RDONLY | O_NOFOLLOW, 0)
  try {
    let bytes = new Uint8Array(FIRST_READ_BYTES)
    let length = 0
    while (true) {
      const read = await disk.read(file, bytes.subarray(length))
      length += read
      // A file gives all that was asked for, except at its end; what a file lacks shows in its digest.
      if (length < bytes.length) return bytes.subarray(0, length)
      if (length > bytesMax) return undefined
      const larger = new Uint8Array(bytes.length * 4)
      larger.set(bytes)
      bytes = larger
    }
  } finally {
    await disk.close(file)
  }
}

/** Failures that mean: this file system, or this operating system, does not do that for a folder. */
const UNSYNCABLE = ['EINVAL', 'ENOTSUP', 'ENOSYS']

/**
 * Returns when what was made, renamed and removed in a folder is on the disk. A folder that is gone has nothing
 * left to be saved.
 */
export async function syncFolder(disk: Disk, path: string): Promise<void> {
  // Windows has no such thing, and journals names by itself.
  if (process.platform === 'win32') return
  try {
    const folder = await disk.open(path, constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    try {
      await disk.sync(folder)
    } finally {
      await disk.close(folder)
    }
  } catch (error) {
    if (![...UNSYNCABLE, 'ENOENT'].includes(errnoOf(error))) throw error
  }
}
