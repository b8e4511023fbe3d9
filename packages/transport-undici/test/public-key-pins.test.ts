import { createHash, X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import { EvergrantError, type HttpRequest, TransportError } from '@evergrant/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { undiciTransport } from '../src/index.ts'
import { type Certificate, selfSigned } from './support/certificates.ts'

const LIMITS = { timeoutMs: 2_000, bodyBytesMax: 10_000 }

function pinOf({ cert }: Certificate): string {
  const der = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('base64')
}

describe('a host with pins', () => {
  let authority: Certificate
  let impostor: Certificate
  let leaf: Certificate
  const servers: Server[] = []

  /** A server that shows its certificate and another one, as if that had signed it. */
  async function serverWith(other: Certificate): Promise<string> {
    const chain = { key: leaf.key, cert: `${leaf.cert}\n${other.cert}` }
    const server = createServer(chain, (_request, response) => response.end('{}'))
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `https://localhost:${(server.address() as { port: number }).port}/token`
  }

  beforeAll(async () => {
    authority = await selfSigned({ host: 'Our authority' })
    // Another key under the same name: what whoever wants to be taken for the authority would show.
    impostor = await selfSigned({ host: 'Our authority' })
    leaf = await selfSigned({ authority })
  })
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })

  async function outcome(
    pins: readonly string[],
    { shown = authority, host = 'LOCALHOST' } = {},
  ): Promise<unknown> {
    const url = await serverWith(shown)
    const transport = undiciTransport({ ca: authority.cert, pins: { [host]: pins } })
    const request: HttpRequest = { method: 'POST', url, headers: [], body: 'a=b', secrets: [] }
    try {
      return (await transport.send(request, LIMITS)).status
    } catch (error) {
      if (!TransportError.is(error)) throw error
      return { kind: error.kind, code: error.code, delivery: error.delivery }
    } finally {
      await transport.close?.()
    }
  }
  const REFUSED = { kind: 'distrust', code: 'key_not_pinned', delivery: 'not_sent' }

  it('is trusted when its own key is pinned', async () => {
    expect(await outcome(['A'.repeat(43).concat('='), pinOf(leaf)])).toBe(200)
  })

  it('is trusted when the key of the authority is pinned that vouches for it', async () => {
    expect(await outcome([pinOf(authority)])).toBe(200)
  })

  it('is not sent anything when none of its keys is pinned', async () => {
    expect(await outcome(['A'.repeat(43).concat('=')])).toEqual(REFUSED)
  })

  it('is not trusted for a certificate that bears the name of the authority and has signed nothing', async () => {
    expect(await outcome([pinOf(impostor)], { shown: impostor })).toEqual(REFUSED)
  })

  it('is none when another host is named', async () => {
    expect(await outcome([pinOf(impostor)], { host: 'other.example' })).toBe(200)
  })

  it.each(['localhost:8443', 'https://localhost', 'localhost.', '*.localhost', '[::1]', 'a b', ''])(
    'is no host by the name of "%s", whose pins nobody would look at',
    host => {
      expect(() => undiciTransport({ pins: { [host]: [pinOf(leaf)] } })).toThrow('pins are for host names')
    },
  )

  it.each(['as.example', 'AS.Example', '::1', '127.0.0.1', 'xn--fiqs8s.example'])('may be %s', host => {
    expect(() => undiciTransport({ pins: { [host]: [pinOf(leaf)] } })).not.toThrow()
  })

  it.each([[['not a digest']], [[]]])('cannot have %j', pins => {
    expect(() => undiciTransport({ pins: { localhost: pins } })).toThrow(EvergrantError)
  })
})
