import { once } from 'node:events'
import { createServer as createHttpServer, get } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, it } from 'vitest'
import { admitOnly, allowList } from '../src/index.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise(resolve => server.close(resolve))
})

/** A server that greets whoever it admits, and counts what it has read. */
async function listening<Kind extends Server>(server: Kind, host = '127.0.0.1'): Promise<number> {
  servers.push(server)
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Connects from an address of this machine, sends something, and says what it heard, or how it ended. */
function knock(port: number, localAddress: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('connect', () => socket.write('hello'))
  return new Promise<string>(resolve => {
    socket.on('data', data => resolve(String(data)))
    socket.on('error', () => resolve('broken'))
    socket.on('close', () => resolve('closed'))
  }).finally(() => socket.destroy())
}

describe('a server that admits some addresses only', () => {
  it('closes connections from elsewhere before a byte is read, counts them, and tells of each address once', async () => {
    const read: string[] = []
    const told: string[] = []
    const server = createServer(socket => {
      socket.on('error', () => undefined)
      socket.on('data', data => {
        read.push(String(data))
        socket.end('welcome')
      })
    })
    const admission = admitOnly(server, allowList(['127.0.0.1']), {
      onRefused: address => told.push(address),
    })
    const port = await listening(server)
    expect(await knock(port, '127.0.0.1')).toBe('welcome')
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.2'])
      expect(await knock(port, from)).toMatch(/broken|closed/)
    expect([read, admission.refused, told]).toEqual([['hello'], 3, ['127.0.0.2', '127.0.0.3']])
  })

  it('of HTTP answers those whom it admits, and lets go of them when it closes', async () => {
    const server = createHttpServer((_, response) => response.end('welcome'))
    const admission = admitOnly(server, allowList(['127.0.0.1']))
    const port = await listening(server)
    const answers = await Promise.allSettled(
      ['127.0.0.1', '127.0.0.2'].map(async localAddress => {
        const [response] = await once(get({ port, host: '127.0.0.1', localAddress }), 'response')
        return response.statusCode
      }),
    )
    expect(answers).toMatchObject([{ value: 200 }, { reason: { code: 'ECONNRESET' } }])
    expect(admission.refused).toBe(1)
    server.closeAllConnections()
  })

  it('of HTTPS does not even begin TLS with others', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
    const server = createHttpsServer({ key, cert }, (_, response) => response.end('welcome'))
    const admission = admitOnly(server, allowList(['127.0.0.1']))
    const port = await listening(server)
    const handshake = once(server, 'secureConnection')
    const shake = (localAddress: string) =>
      connectTls({ socket: connect({ port, host: '127.0.0.1', localAddress }), rejectUnauthorized: false })
    const ours = shake('127.0.0.1')
    await handshake
    ours.destroy()
    let others = 0
    server.on('secureConnection', () => {
      others += 1
    })
    const theirs = shake('127.0.0.2')
    await expect(once(theirs, 'secureConnect')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect([others, admission.refused]).toEqual([0, 1])
  })

  it('knows an IPv4 address where it listens for both kinds', async ({ skip }) => {
    const server = createServer(socket => socket.end(`welcome ${socket.remoteAddress}`).resume())
    admitOnly(server, allowList(['127.0.0.2']))
    const port = await listening(server, '::').catch(() => skip('this machine has no IPv6'))
    expect(await knock(port, '127.0.0.2')).toBe('welcome ::ffff:127.0.0.2')
    expect(await knock(port, '127.0.0.1')).toMatch(/broken|closed/)
  })

  it('does not end because of a listener that throws', async () => {
    const server = createServer(socket => socket.end('welcome').resume())
    admitOnly(server, allowList(['127.0.0.1']), {
      onRefused() {
        throw new Error('listener')
      },
    })
    const port = await listening(server)
    await knock(port, '127.0.0.2')
    expect(await knock(port, '127.0.0.1')).toBe('welcome')
  })
})
