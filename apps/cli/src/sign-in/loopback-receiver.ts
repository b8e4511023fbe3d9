import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admitOnly, allowList } from '@evergrant/allow-list'
import type { Admitting } from '../admitting.ts'
import { UsageError } from '../failure-report.ts'
import { type Page, pageHeaders } from './sign-in-page.ts'

/** What the person is shown, and what happens when they have been. */
export interface Shown {
  readonly page: Page
  readonly afterwards?: () => void
}

/** Waits on this machine for the answer that a browser brings (RFC 8252 §7.3). */
export interface LoopbackReceiver extends AsyncDisposable {
  readonly redirectUri: string
}

/** Where it listens, for whom, and what to do about others. */
export interface ReceiverOptions extends Admitting {
  /** 0 for a free one. */
  readonly port: number
  readonly onRefused: (address: string) => void
}

const PATH = '/callback'

/**
 * Listens on 127.0.0.1 and calls `onAnswer` for every answer. By the number of the address rather than by its name, which
 * another program could listen on, too (RFC 8252 §8.3). The browser is sent there in any case: another `host` is for a
 * container whose port is passed on from the loopback address of the machine with the browser.
 */
export async function loopbackReceiver(
  { port, host = '127.0.0.1', allow, onRefused }: ReceiverOptions,
  onAnswer: (answer: URLSearchParams) => Promise<Shown>,
): Promise<LoopbackReceiver> {
  const server = createServer((request, response) => {
    receive(request, response, onAnswer).catch(() => request.socket.destroy())
  })
  admitOnly(server, allowList(allow), { onRefused })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new UsageError(
        `port ${port} is taken; choose another with --port, or leave it out for a free one`,
      )
    }
    if (error.code === 'EADDRNOTAVAIL') throw new UsageError(`${host} is no address of this machine`)
    if (error.code === 'EACCES') throw new UsageError(`port ${port} is for other users; choose another`)
    throw error
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    redirectUri: `http://127.0.0.1:${taken}${PATH}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  onAnswer: (answer: URLSearchParams) => Promise<Shown>,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
  // Nobody else's web page may talk to it by a name that resolves to this machine.
  const isOurs = /^127\.0\.0\.1:\d+$/.test(request.headers.host ?? '')
  if (request.method !== 'GET' || pathname !== PATH || !isOurs) {
    response.writeHead(404).end()
    return
  }
  const { page, afterwards } = await onAnswer(searchParams)
  response.writeHead(page.status, pageHeaders(page))
  await new Promise<void>(resolve => {
    response.once('close', resolve)
    response.end(page.html, resolve)
  })
  afterwards?.()
}
