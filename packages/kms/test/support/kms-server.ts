import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a request was, and how it is to be answered. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A server on a free loopback port that answers with what `answer` makes of each request. */
export async function jsonServer(answer: (exchange: Exchange) => Answer) {
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

/** Wraps a key under a master key, bound to a context. */
export function wrap(master: Uint8Array, plaintext: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

export function unwrap(master: Uint8Array, wrapped: Buffer, context: string): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, 12))
    decipher.setAAD(Buffer.from(context)).setAuthTag(wrapped.subarray(-16))
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
  } catch {
    return undefined
  }
}

export const AWS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI-s3cret',
  region: 'cn-north-1',
}

/**
 * Whether the signature of a request is the one that Signature Version 4 asks for, worked out from the request as it
 * arrived and the secret (AWS, "Create a signed AWS API request").
 */
export function isSigned({ request, body }: Exchange): boolean {
  const { authorization = '' } = request.headers
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
  const [, accessKeyId, day = '', region = '', names = '', signature] = form.exec(authorization) ?? []
  if (accessKeyId !== AWS.accessKeyId || region !== AWS.region) return false
  for (const needed of ['host', 'x-amz-date', 'x-amz-target']) {
    if (!names.split(';').includes(needed)) return false
  }
  const at = `${request.headers['x-amz-date']}`
  if (!at.startsWith(day)) return false
  const headers = names.split(';').map(name => `${name}:${`${request.headers[name]}`.trim()}\n`)
  const canonical = [request.method, request.url, '', headers.join(''), names, sha256(body)].join('\n')
  const scope = `${day}/${region}/kms/aws4_request`
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
  const key = [day, region, 'kms', 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${AWS.secretAccessKey}`),
  )
  return hmac(key, text).toString('hex') === signature
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
