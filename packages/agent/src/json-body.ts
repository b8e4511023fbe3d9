import type { IncomingMessage } from 'node:http'

/** Longest body, in bytes: that of one token. */
const BODY_BYTES_MAX = 65_536

/**
 * The members of a JSON object in a body of type `application/json`, which no form of a web page can send; `undefined` for
 * anything else, for what is too long, and for what does not come to its end.
 */
export async function readJsonBody(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? '')) return undefined
  try {
    const value: unknown = JSON.parse(await readText(request))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new RangeError('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
