import { chmod, link, lstat, rename, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { folderComplaint } from './folder-complaint.ts'
import { invalidOption } from './invalid-option.ts'
import { makeFolders } from './make-folders.ts'

/** Longest path of a Unix domain socket that systems have in common, in bytes. */
const PATH_BYTES_MAX = 103
let drafts = 0

/** A socket in the file system. */
export interface SocketFile {
  /** The name under which the server listens: its system removes what has this name when it closes. */
  readonly draft: string
  /** Gives the socket its place, in which nobody may listen already. */
  publish(): Promise<void>
  /** Takes the socket away, unless another one has its place by now. */
  remove(): Promise<void>
}

/**
 * A socket at a path, in a folder that is made if it is missing and that only its owner may enter. Throws `invalid_option`
 * where others can, where something else stands, and where an agent listens already.
 *
 * It is bound under another name and linked into its place, which succeeds for one of those who try at once, and is not
 * undone when one that has lost its place closes.
 */
export async function socketFile(path: string): Promise<SocketFile> {
  const folder = dirname(path)
  const draft = join(folder, `.${process.pid}-${++drafts}`)
  if (Buffer.byteLength(path) > PATH_BYTES_MAX || Buffer.byteLength(draft) > PATH_BYTES_MAX) {
    throw invalidOption(`the path of a socket has at most ${PATH_BYTES_MAX} bytes: ${path}`)
  }
  await requirePrivate(folder).catch(error => {
    throw unusable(folder, error)
  })
  let inode: bigint | undefined
  return {
    draft,
    async publish() {
      await chmod(draft, 0o600)
      inode = (await lstat(draft, { bigint: true })).ino
      await takePlace(draft, path)
      await rm(draft, { force: true })
    },
    async remove() {
      const found = await lstat(path, { bigint: true }).catch(() => undefined)
      if (found !== undefined && found.ino === inode) await rm(path, { force: true })
    },
  }
}

async function requirePrivate(folder: string): Promise<void> {
  await makeFolders(resolve(folder))
  const { uid, mode } = await stat(folder)
  const complaint = folderComplaint({ path: folder, uid, mode }, process.getuid?.())
  if (complaint !== undefined) throw invalidOption(complaint)
}

/** Links a socket into its place; where one stands that an agent has left which was killed, that is taken away first. */
async function takePlace(draft: string, path: string): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const isPlaced = await link(draft, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw unusable(path, error)
      },
    )
    if (isPlaced) return
    await takeAway(path)
  }
  throw taken(path)
}

async function takeAway(path: string): Promise<void> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw invalidOption(`something that is no socket stands at ${path}`)
  if (await isAnswered(path)) throw taken(path)
  // By its inode: somebody else may have put another socket in its place meanwhile, and gets it back.
  const grave = join(dirname(path), `.${process.pid}-${++drafts}`)
  await rename(path, grave).catch(() => undefined)
  const moved = await lstat(grave, { bigint: true }).catch(() => undefined)
  if (moved === undefined) return
  if (moved.ino === found.ino) return rm(grave, { force: true })
  await rename(grave, path)
  throw taken(path)
}

/** Only a socket that nobody listens at refuses: one whose queue is full does not answer, and is in use. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
  })
}

function taken(path: string) {
  return invalidOption(`an agent listens at ${path} already`, {
    en: 'Stop the other agent, or name another socket: --socket on the command line.',
    zh: '请停止另一个代理，或指定另一个套接字：命令行用 --socket。',
  })
}

/** What the system says of a place, as something that can be mended. */
export function unusable(place: string, error: NodeJS.ErrnoException): Error {
  return typeof error.errno === 'number' && error.code !== undefined
    ? invalidOption(`${place} cannot be used (${error.code}); name another place`)
    : error
}
