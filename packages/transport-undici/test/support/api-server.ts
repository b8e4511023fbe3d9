import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Asked {
  readonly method: string
  readonly path: string
  readonly authorization: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Answer = (response: ServerResponse, asked: Asked) => void

/** A resource server on loopback, which accepts some tokens and answers from a script. */
export interface ApiServer {
  readonly url: string
  readonly asked: Asked[]
  readonly valid: Set<string>
  readonly script: Answer[]
  /** Connections that were opened. */
  readonly connections: number
  close(): Promise<void>
}

export async function apiServer(): Promise<ApiServer> {
  const asked: Asked[] = []
  const script: Answer[] = []
  const valid = new Set(['Bearer token-1'])
  let connections = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    const about = { method, path: url, authorization: headers.authorization ?? '', headers, body }
    asked.push(about)
    const answer = script.shift()
    if (answer !== undefined) return answer(response, about)
    if (!valid.has(about.authorization)) {
      return response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('{"a":1}')
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ echo: body }))
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    valid,
    script,
    get connections() {
      return connections
    },
    close() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

/** An answer of a status, header fields and a body. */
export function answer(
  status: number,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Answer {
  return response => response.writeHead(status, headers).end(body)
}
