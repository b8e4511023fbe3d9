import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { HttpResponse } from '@evergrant/core'
import type { Dice } from './dice.ts'

/** A server that writes whatever bytes it likes. */
export interface RawServer {
  readonly url: string
  /** What the next requests are answered with. */
  answers: { readonly dice: Dice; next(): HttpResponse }
  close(): Promise<void>
}

/** A server on loopback that answers every request as it is told, and not always by the rules of HTTP. */
export async function rawServer(answers: RawServer['answers']): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let asked = ''
    socket.on('data', chunk => {
      asked += chunk.toString('latin1')
      if (!asked.includes('\r\n\r\n')) return
      asked = ''
      const { dice } = raw.answers
      write(socket, raw.answers.next(), dice)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const raw: RawServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return raw
}

function write(socket: Socket, { status, headers, body }: HttpResponse, dice: Dice): void {
  const bytes = Buffer.from(body)
  const head = (more: string) => {
    const fields = headers.map(([name, value]) => `${name}: ${printable(value)}\r\n`).join('')
    return `HTTP/1.1 ${Math.max(200, status)} Answer\r\n${fields}${more}\r\n`
  }
  switch (dice.whole(16)) {
    case 0:
      return void socket.end(`${head(`Content-Length: ${bytes.length + 5}\r\n`)}${body}`)
    case 1:
      return void socket.end(`${head(`Content-Length: ${Math.max(0, bytes.length - 5)}\r\n`)}${body}`)
    case 2:
      return void socket.end(`${head('Transfer-Encoding: chunked\r\n')}${body}`)
    case 3:
      return void socket.end(body)
    case 4:
      return void socket.end(head('').slice(0, dice.whole(head('').length)))
    case 5:
      return void socket.end(`${head(`X-Bad\u0000Name: ${body}\r\n`)}${body}`)
    case 6:
      return void socket.resetAndDestroy()
    default:
      // At once: two writes would wait for one another.
      socket.write(`${head(`Content-Length: ${bytes.length}\r\n`)}${body}`)
  }
}

/** A field value that HTTP allows. */
export function printable(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]/g, '')
}
