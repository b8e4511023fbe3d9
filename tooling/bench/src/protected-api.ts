import { createServer } from 'node:http'
import { TOKEN_TEXT } from './token-endpoint.ts'

/** What the API answers. */
export const API_ANSWER = JSON.stringify({ log_id: 1, words: ['evergrant'] })

/** An API on loopback that answers whoever brings the token. */
export interface ProtectedApi {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  close(): Promise<void>
}

export async function protectedApi(): Promise<ProtectedApi> {
  const expected = `Bearer ${TOKEN_TEXT}`
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const known = request.headers.authorization === expected
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(known ? API_ANSWER : '{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}
