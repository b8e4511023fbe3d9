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

export interface TokenEndpointOptions {
  /** What every answer takes. 0 by default. */
  readonly latencyMs?: number
  /** Grants another token every time. `false` by default. */
  readonly varied?: boolean
  /** How long its tokens live. 30 days by default. */
  readonly lifetimeS?: number
}

export async function tokenEndpoint(options: TokenEndpointOptions = {}): Promise<TokenEndpoint> {
  const { latencyMs = 0, varied = false, lifetimeS = 2_592_000 } = options
  let granted = 0
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    clientOf(request).then(
      id => {
        counts.set(id, (counts.get(id) ?? 0) + 1)
        const text = varied ? `${TOKEN_TEXT}-${++granted}` : TOKEN_TEXT
        setTimeout(() => response.end(answerWith(text, lifetimeS)), latencyMs)
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
function answerWith(token: string, lifetimeS: number): string {
  return JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: lifetimeS })
}
