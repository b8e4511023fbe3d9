import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

const BODY_BYTES_MAX = 8 * 1024 * 1024

/** A request that has been read, and the way to answer it. */
export interface Exchange {
  readonly method: string
  readonly path: string
  /** Path and query as they came, a character for every byte. */
  readonly target: string
  /** Parameters of the query. */
  readonly query: URLSearchParams
  /** Parameters of a form body; empty for other bodies. */
  readonly form: URLSearchParams
  /** Members of a JSON body; empty for other bodies. */
  readonly json: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
  reply(status: number, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): void
  /** Breaks the connection. */
  reset(): void
}

/** Reads a whole request. Rejects when the body is larger than 8 MiB. */
export async function readExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const url = new URL(request.url ?? '/', 'http://sandbox')
  const body = await readBody(request)
  const type = request.headers['content-type'] ?? ''
  return {
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    target: request.url ?? '/',
    query: url.searchParams,
    form: new URLSearchParams(type.includes('json') ? '' : body),
    json: type.includes('json') ? parseObject(body) : {},
    headers: request.headers,
    reply: (status, content, headers = {}) => reply(request, response, status, content, headers),
    reset: () => request.socket.resetAndDestroy(),
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new RangeError('the body is larger than 8 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** As the platform's front end answers: gzip for those who accept it, chunked, by an Apache. */
function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  content: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json',
    Server: 'Apache',
    Vary: 'Accept-Encoding',
    ...(gzip ? { 'Content-Encoding': 'gzip' } : {}),
    ...headers,
  })
  response.end(gzip ? gzipSync(content) : content)
}

/** JSON as the platform writes it: slashes escaped, and a line break at the end. */
export function platformJson(value: unknown): string {
  return `${JSON.stringify(value).replaceAll('/', '\\/')}\n`
}
