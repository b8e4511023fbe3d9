import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a request was. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly body: string
}

/** How a request is answered: with a body of JSON, or with a text as it is. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface JsonServer {
  readonly url: string
  close(): Promise<void>
}

/** A server on a free loopback port that answers with what `answer` makes of each request. */
export async function jsonServer(answer: (exchange: Exchange) => Answer): Promise<JsonServer> {
  const server: Server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { status, body: answered = {}, headers = {} } = answer({ request, body })
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof answered === 'string' ? answered : JSON.stringify(answered))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
