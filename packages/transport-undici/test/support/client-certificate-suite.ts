import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { EvergrantError, fail, type HttpRequest, type Secret, type Transport } from '@evergrant/core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { undiciTransport as Factory } from '../../src/index.ts'
import { type Certificate, selfSigned } from './certificates.ts'
import { failureOf } from './token-request.ts'

const LIMITS = { timeoutMs: 5_000, bodyBytesMax: 10_000 }

/** What the transport promises a client with a certificate (RFC 8705), over one version of undici. */
export function clientCertificateSuite(undiciTransport: typeof Factory): void {
  let host: Certificate
  let client: Certificate
  let successor: Certificate
  let server: Server
  let request: HttpRequest
  const shown: string[] = []
  const transports: Transport[] = []

  function transport(options: Parameters<typeof Factory>[0] = {}): Transport {
    const made = undiciTransport({ ca: host.cert, ...options })
    transports.push(made)
    return made
  }

  beforeAll(async () => {
    host = await selfSigned()
    client = await selfSigned({ host: 'client-1' })
    successor = await selfSigned({ host: 'client-2' })
    const demands = { requestCert: true, rejectUnauthorized: true, ca: [client.cert, successor.cert] }
    server = createServer({ ...host, ...demands }, ({ socket }, response) => {
      shown.push(String((socket as TLSSocket).getPeerCertificate().subject.CN))
      response.end('{"secure":true}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `https://localhost:${(server.address() as AddressInfo).port}/token`
    request = { method: 'POST', url, headers: [], body: 'client_id=c', secrets: [] }
  })
  beforeEach(() => {
    shown.length = 0
  })
  afterAll(async () => {
    await Promise.all(transports.map(each => each.close?.()))
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  it('is shown to a server that demands one', async () => {
    expect((await transport(client).send(request, LIMITS)).body).toBe('{"secure":true}')
    expect(shown).toEqual(['client-1'])
  })

  it.each([
    ['is missed by such a server when there is none', () => transport()],
    ['is not accepted when the server does not know it', async () => transport(await selfSigned())],
  ])('%s, and nothing is answered', async (_, make) => {
    // A server of Node.js closes the connection without saying why.
    expect(await failureOf((await make()).send(request, LIMITS))).toMatchObject({ code: 'transport_failed' })
    expect(shown).toEqual([])
  })

  it('may be a secret, and is replaced with the next request once that has changed', async () => {
    let current = client
    const late = (part: keyof Certificate): Secret => ({ read: async () => current[part] })
    const sender = transport({ cert: late('cert'), key: late('key') })
    await sender.send(request, LIMITS)
    await sender.send(request, LIMITS)
    current = successor
    await sender.send(request, LIMITS)
    expect(shown).toEqual(['client-1', 'client-1', 'client-2'])
  })

  it('that changes while a request is under way does not disturb it', async () => {
    let current = client
    const late = (part: keyof Certificate): Secret => ({ read: () => current[part] })
    const sender = transport({ cert: late('cert'), key: late('key') })
    const first = sender.send(request, LIMITS)
    await new Promise(resolve => setImmediate(resolve))
    current = successor
    await Promise.all([first, sender.send(request, LIMITS)])
    expect(shown.sort()).toEqual(['client-1', 'client-2'])
  })

  it('and its key have to be a pair, which is found out before anything is sent', async () => {
    const pairs = [
      { cert: client.cert, key: successor.key },
      { cert: 'no-certificate', key: client.key },
      { cert: client.cert, key: `${client.key.slice(0, 100)}no-key` },
    ]
    for (const pair of pairs) {
      const failure = await failureOf(transport(pair).send(request, LIMITS))
      expect(failure).toMatchObject({ kind: 'configure', code: 'key_unusable', delivery: 'not_sent' })
      expect(inspect(failure)).not.toContain(client.key.slice(40, 80))
    }
    for (const half of [{ cert: client.cert }, { key: client.key }]) {
      expect(() => undiciTransport(half)).toThrow('both cert and key')
    }
  })

  it('that has expired is found out before anything is sent', async () => {
    const expired = await selfSigned({ host: 'client-1', days: -1 })
    const failure = await failureOf(transport(expired).send(request, LIMITS))
    expect(failure).toMatchObject({ kind: 'configure', code: 'key_unusable', delivery: 'not_sent' })
    expect(failure.message).toMatch(/was valid until .* GMT; put a new one/)
  })

  it.each([
    ['empty', () => ''],
    ['gone', () => Promise.reject(new EvergrantError(fail('secret_unavailable')))],
    ['broken', () => Promise.reject(new Error('vault: the-secret is not there'))],
  ])('that is %s fails the request before it is sent', async (_, read) => {
    const failure = await failureOf(transport({ cert: { read }, key: client.key }).send(request, LIMITS))
    expect(failure).toMatchObject({ kind: 'configure', code: 'secret_unavailable', delivery: 'not_sent' })
    expect(failure.message).not.toContain('the-secret')
  })

  it('that are read anew, as the same, serve requests at the same time', async () => {
    const sender = transport({ cert: { read: () => client.cert }, key: { read: () => client.key } })
    const answers = await Promise.all([1, 2, 3].map(() => sender.send(request, LIMITS)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const texts = transport(client)
    expect(await Promise.all([1, 2].map(() => texts.send(request, LIMITS)))).toHaveLength(2)
  })
}
