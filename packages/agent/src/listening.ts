import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { EvergrantError, fail } from '@evergrant/core'

/** Longest path of a Unix domain socket that systems have in common, in bytes. */
const PATH_BYTES_MAX = 103
/** What others may do with a folder, or a file. */
const OTHERS = 0o077

/** Listens on a port. Throws `invalid_option` where that cannot be. */
export async function listenOnPort(server: Server, port: number, host: string): Promise<void> {
  await listening(server, { port, host }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw invalid(`port ${port} is taken; choose another`)
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
      throw invalid(`${host} is no address of this machine`)
    }
    if (error.code === 'EACCES') throw invalid(`port ${port} is for other users; choose one above 1023`)
    throw error
  })
}

/**
 * Listens on a Unix domain socket in a folder that is made if it is missing. Throws `invalid_option` where others can enter
 * the folder, where something else stands in the place, and where an agent listens already.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw invalid(`the path of a socket has at most ${PATH_BYTES_MAX} bytes: ${path}`)
  }
  await requirePrivate(dirname(path))
  await makeRoom(path)
  await listening(server, { path })
  // Who may enter the folder is its owner alone; this is for those who look at the socket only.
  await chmod(path, 0o600)
}

async function requirePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { uid, mode } = await lstat(folder)
  if (uid !== process.getuid?.())
    throw invalid(`the folder of the socket belongs to somebody else: ${folder}`)
  if ((mode & OTHERS) !== 0) {
    throw invalid(`others may enter the folder of the socket; "chmod 700 ${folder}", or name another`)
  }
}

/** Takes away the socket that an agent has left which was killed. */
async function makeRoom(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw invalid(`something that is no socket stands at ${path}`)
  if (await isAnswered(path)) throw invalid(`an agent listens at ${path} already`)
  await rm(path, { force: true })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function listening(server: Server, where: { path: string } | { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function invalid(problem: string): EvergrantError {
  return new EvergrantError(fail('invalid_option', { message: `Invalid option: ${problem}.` }))
}
