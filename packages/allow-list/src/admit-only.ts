import type { Server, Socket } from 'node:net'
import type { AllowList } from './allow-list.ts'

export interface AdmitOptions {
  /**
   * Called for a connection that is turned away, with its address: at most once for each of the last 100 addresses, so that
   * whoever tries again and again does not fill a log.
   */
  readonly onRefused?: (address: string) => void
}

/** What an allow-list has done at a server. */
export interface Admission {
  /** How many connections were turned away. */
  readonly refused: number
}

/** Addresses that are remembered as told. */
const TOLD_MAX = 100

/**
 * Has a server of `node:net`, `node:http` or `node:tls` close every connection from elsewhere as soon as it is accepted:
 * before TLS begins, and before a byte is read. Call it when the server is complete and before it listens: what is added to
 * its event `connection` later is not guarded.
 */
export function admitOnly(server: Server, list: AllowList, options: AdmitOptions = {}): Admission {
  const told = new Set<string>()
  let refused = 0

  function refuse(socket: Socket, address: string): void {
    refused += 1
    // Nobody is told why: not even that something listens here that could be talked to.
    socket.resetAndDestroy()
    if (told.has(address)) return
    if (told.size >= TOLD_MAX) told.clear()
    told.add(address)
    try {
      options.onRefused?.(address)
    } catch {
      // A listener is a guest: what it throws must not end the server.
    }
  }

  const guarded = server.rawListeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', socket => {
    const { remoteAddress } = socket
    if (!list.permits(remoteAddress)) return refuse(socket, remoteAddress ?? 'unknown')
    for (const listener of guarded) Reflect.apply(listener, server, [socket])
  })
  return {
    get refused() {
      return refused
    },
  }
}
