import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing, for this user alone. One at a time: `mkdir` of `node:fs` with
 * `recursive` never ends where a file system lets nobody make a folder and says that it is missing, as /proc does.
 */
export async function makeFolders(path: string): Promise<void> {
  const failed = await failureOfFolder(path)
  if (failed === undefined) return
  if (failed.code !== 'ENOENT' || dirname(path) === path) throw failed
  await makeFolders(dirname(path))
  const again = await failureOfFolder(path)
  if (again !== undefined) throw again
}

/** Why a folder cannot be made; `undefined` when it was, or is there. */
async function failureOfFolder(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, { mode: 0o700 })
    return undefined
  } catch (error) {
    const found = await stat(path).catch(() => undefined)
    return found?.isDirectory() === true ? undefined : (error as NodeJS.ErrnoException)
  }
}
