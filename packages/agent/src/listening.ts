import type { Server } from 'node:net'
import { invalidOption } from './invalid-option.ts'
import { socketFile, unusable } from './socket-file.ts'

/** Ends the listening of a server, and what there is of it in the file system. */
export type StopListening = () => Promise<void>

/** Listens on a port. Throws `invalid_option` where that cannot be. */
export async function listenOnPort(server: Server, port: number, host: string): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalidOption(`port is ${port}, not 0 to 65535`)
  await listening(server, { port, host }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw invalidOption(`port ${port} is taken; choose another`)
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
      throw invalidOption(`${host} is no address of this machine`)
    }
    if (error.code === 'EACCES') throw invalidOption(`port ${port} is for other users; choose one above 1023`)
    throw error
  })
}

/** Listens on a Unix domain socket, and returns what takes it away again. Throws as `socketFile` does. */
export async function listenOnSocket(server: Server, path: string): Promise<StopListening> {
  const file = await socketFile(path)
  await listening(server, { path: file.draft }).catch(error => {
    throw unusable(path, error)
  })
  await file.publish()
  return () => file.remove()
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
