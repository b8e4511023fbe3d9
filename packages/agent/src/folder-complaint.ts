import { homedir } from 'node:os'
import { join } from 'node:path'

/** What others may do with a folder. */
const OTHERS = 0o077
const STICKY = 0o1000
const OTHERS_WRITE = 0o002

/** A folder, as the system has it. */
interface Folder {
  readonly path: string
  readonly uid: number
  readonly mode: number
}

/**
 * What is wrong with the folder of a socket, and what to do; `undefined` when nobody but this user may enter. To close it is
 * no advice for one that others need: a shared one, one of the system, a home.
 */
export function folderComplaint(
  { path, uid, mode }: Folder,
  self: number | undefined,
  home = homedir(),
): string | undefined {
  const below = `name a folder of your own below it: ${join(path, `evergrant-${self ?? 0}`, 'agent.sock')}`
  if (uid !== self) {
    const isOpen = (mode & OTHERS_WRITE) !== 0
    return `the folder of the socket belongs to somebody else: ${path}; ${isOpen ? below : 'name one of your own'}`
  }
  if ((mode & OTHERS) === 0) return undefined
  const isNeeded = (mode & STICKY) !== 0 || uid === 0 || path === home
  return `others may enter the folder of the socket: ${path}; ${isNeeded ? below : `"chmod 700 ${path}", or name another`}`
}
