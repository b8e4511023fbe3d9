import { createServer, type Socket } from 'node:net'
import { listenFor } from './listening.ts'

/**
 * What a wire server does with a connection.
 *
 * - `{ respond }`: reads the whole request, writes these bytes and closes;
 * - `reset_on_accept`: resets the connection before reading;
 * - `reset_on_request`: reads the whole request and resets the connection;
 * - `silence`: reads, and never answers;
 * - `half_answer`: answers with a header that promises more than it sends, then closes;
 * - `stalled_body`: answers with a header and half a body, and no more;
 * - `drip`: sends the body a byte at a time, for ever;
 * - `endless`: sends a body without end, as fast as it is read.
 */
export type WireBehaviour =
  | { readonly respond: string | Uint8Array }
  | 'reset_on_accept'
  | 'reset_on_request'
  | 'silence'
  | 'half_answer'
  | 'stalled_body'
  | 'drip'
  | 'endless'

/** A server that misbehaves below HTTP, on loopback. */
export interface WireServer {
  readonly port: number
  /** `http://127.0.0.1:<port>/token` */
  readonly url: string
  /** What came in, a text per request. */
  readonly requests: string[]
  readonly connections: number
  behave(behaviour: WireBehaviour): void
  /** Takes connections from another server, a TLS one for instance, and treats them alike. */
  accept(socket: Socket): void
  close(): Promise<void>
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const DRIP_MS = 20

/** Starts a server on a free loopback port. */
export async function wireServer(first: WireBehaviour = 'silence'): Promise<WireServer> {
  let behaviour = first
  let connections = 0
  const requests: string[] = []
  const sockets = new Set<Socket>()

  function accept(socket: Socket): void {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    if (behaviour === 'reset_on_accept') return reset(socket)
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (!isWhole(text)) return
      requests.push(text)
      text = ''
      answer(socket, behaviour)
    })
  }

  const server = createServer(accept)
  const { port, url } = await listenFor(server)
  return {
    port,
    url: `${url}/token`,
    requests,
    get connections() {
      return connections
    },
    behave(next) {
      behaviour = next
    },
    accept,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Whether a request has all of the body that its header announces. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? '0'
  return text.length >= end + 4 + Number(length)
}

function answer(socket: Socket, behaviour: WireBehaviour): void {
  if (typeof behaviour === 'object') socket.end(behaviour.respond)
  else if (behaviour === 'reset_on_request') reset(socket)
  else if (behaviour === 'half_answer') socket.end(`${HEAD}content-length: 500\r\n\r\n{"access_token":`)
  else if (behaviour === 'stalled_body') socket.write(`${HEAD}content-length: 500\r\n\r\n{"access_token":`)
  else if (behaviour === 'drip') drip(socket)
  else if (behaviour === 'endless') endless(socket)
}

function reset(socket: Socket): void {
  socket.resetAndDestroy()
}

function drip(socket: Socket): void {
  socket.write(`${HEAD}content-length: 500000\r\n\r\n`)
  const timer = setInterval(() => socket.write('x'), DRIP_MS)
  socket.on('close', () => clearInterval(timer))
}

function endless(socket: Socket): void {
  socket.write(`${HEAD}\r\n`)
  const piece = Buffer.alloc(65_536, 'x')
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on('drain', more)
  more()
}
