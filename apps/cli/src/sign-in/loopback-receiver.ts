import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
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

const PATH = '/callback'

/**
 * Listens on 127.0.0.1, on a free port for 0, and calls `onAnswer` for every answer. By the number of the address
 * rather than by its name, which another program could listen on, too (RFC 8252 §8.3).
 */
export async function loopbackReceiver(
  port: number,
  onAnswer: (answer: URLSearchParams) => Promise<Shown>,
): Promise<LoopbackReceiver> {
  const server = createServer((request, response) => {
    receive(request, response, onAnswer).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new UsageError(
        `port ${port} is taken; choose another with --port, or leave it out for a free one`,
      )
    }
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
