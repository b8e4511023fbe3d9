import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { bearerApi, type ResourceServer } from '../../src/calls.ts'

/** What a server was asked. */
interface Asked {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Answer = (asked: Asked, response: ServerResponse) => void

/** A resource server on loopback, which answers from a script and accepts what it is told to. */
export interface ApiServer extends AsyncDisposable {
  readonly url: string
  readonly api: ResourceServer
  readonly asked: Asked[]
  /** Tokens that are accepted. */
  readonly valid: Set<string>
  /** Answers for the next requests, whatever their tokens. */
  readonly script: Answer[]
}

export async function apiServer(otherwise: Answer = answerOk): Promise<ApiServer> {
  const asked: Asked[] = []
  const valid = new Set(['token-1'])
  const script: Answer[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    const { authorization } = headers
    const about = { method, url, authorization, headers, body }
    asked.push(about)
    const scripted = script.shift()
    if (scripted !== undefined) return scripted(about, response)
    if (!valid.has(authorization?.replace('Bearer ', '') ?? '')) return reject(about, response)
    otherwise(about, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return {
    url,
    api: bearerApi({ origins: [url] }),
    asked,
    valid,
    script,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function answerOk({ body }: Asked, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ echo: body }))
}

function reject(_asked: Asked, response: ServerResponse): void {
  response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('{"problem":"token"}')
}

/** An answer of a status and header fields. */
export function status(code: number, headers: Record<string, string> = {}, body = ''): Answer {
  return (_asked, response) => response.writeHead(code, headers).end(body)
}
