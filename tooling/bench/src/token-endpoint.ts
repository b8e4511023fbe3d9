import { createServer, type IncomingMessage } from 'node:http'
import type { Endpoint } from './library.ts'

/** A token endpoint on loopback that grants whatever it is asked for. */
export interface TokenEndpoint {
  /** Where and as whom to ask; requests are counted by the client's id. */
  as(id: string): Endpoint
  /** How many requests a client has made. */
  requestsOf(id: string): number
  close(): Promise<void>
}

/** Starts one whose every answer takes `latencyMs`, 0 by default. */
export async function tokenEndpoint({ latencyMs = 0 } = {}): Promise<TokenEndpoint> {
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    clientOf(request).then(
      id => {
        counts.set(id, (counts.get(id) ?? 0) + 1)
        setTimeout(() => response.end(ANSWER), latencyMs)
      },
      () => request.socket.destroy(),
    )
    response.setHeader('Content-Type', 'application/json')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    as: id => ({
      url: `http://127.0.0.1:${port}/oauth/2.0/token`,
      id,
      secret: 'SecretKey00000000000000000000001',
    }),
    requestsOf: id => counts.get(id) ?? 0,
    close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

async function clientOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return new URLSearchParams(body).get('client_id') ?? ''
}

/** What the token reads, in the answer of every endpoint. */
export const TOKEN_TEXT = '24.0123456789abcdef0123456789abcdef.2592000.4102444800.282335-1234567'

/** No scope: one library looks for a token by the scope that was asked for, another only uses tokens of its own. */
const ANSWER = JSON.stringify({ access_token: TOKEN_TEXT, token_type: 'Bearer', expires_in: 2_592_000 })
