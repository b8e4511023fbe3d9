import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer, type Server } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Transport } from '@evergrant/core'
import { type WireBehaviour, type WireServer, wireServer } from '@evergrant/testkit'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { undiciTransport as Factory } from '../../src/index.ts'
import { type Certificate, selfSigned } from './certificates.ts'
import { failureOf, LIMITS, post } from './token-request.ts'

const ELSEWHERE = 'https://token.example.invalid/token'
const VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']

/** What the transport promises behind a proxy, over one version of undici. */
export function proxySuite(undiciTransport: typeof Factory): void {
  let closing: (() => unknown)[]
  const before = VARIABLES.map(name => [name, process.env[name]] as const)

  beforeEach(() => {
    closing = []
    for (const name of VARIABLES) delete process.env[name]
  })
  afterEach(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    for (const close of closing.toReversed()) await close()
  })

  function transport(options: Parameters<typeof Factory>[0] = {}): Transport {
    const made = undiciTransport({ allowInsecureLoopback: true, ...options })
    closing.push(() => made.close?.())
    return made
  }

  async function proxyThat(behaviour: WireBehaviour): Promise<WireServer> {
    const proxy = await wireServer(behaviour)
    closing.push(() => proxy.close())
    process.env.https_proxy = `http://127.0.0.1:${proxy.port}`
    return proxy
  }

  const answering = (status: string) =>
    proxyThat({ respond: `HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n` })

  describe('a proxy', () => {
    it('that the environment names is used, unless it is told not to', async () => {
      const proxy = await answering('403 Forbidden')
      await failureOf(transport().send(post(ELSEWHERE), LIMITS))
      expect(proxy.requests[0]).toMatch(/^CONNECT token\.example\.invalid:443 HTTP\/1\.1/)
      await failureOf(transport({ proxyFromEnvironment: false }).send(post(ELSEWHERE), LIMITS))
      expect(proxy.requests).toHaveLength(1)
    })

    it.each([
      ['407 Proxy Authentication Required', 'configure', 'proxy_refused', 'PROXY_407'],
      ['403 Forbidden', 'configure', 'proxy_refused', 'PROXY_403'],
      ['502 Bad Gateway', 'retry', 'transport_failed', 'PROXY_502'],
    ])('that answers "%s" means that nothing was sent, and says why', async (status, kind, code, told) => {
      await answering(status)
      const error = await failureOf(transport().send(post(ELSEWHERE), LIMITS))
      expect(error).toMatchObject({ kind, code, delivery: 'not_sent' })
      expect(error.message).toContain(`(${told}, token.example.invalid)`)
    })

    it('that is not there is told apart from a server that is not there', async () => {
      process.env.https_proxy = 'http://127.0.0.1:1'
      const error = await failureOf(transport().send(post(ELSEWHERE), LIMITS))
      expect(error).toMatchObject({ code: 'transport_failed', delivery: 'not_sent' })
      expect(error.message).toContain('PROXY_ECONNREFUSED')
    })

    it.each(['proxy.example:8080', 'user:p4ss@10.0.0.1:8080', 'ftp://127.0.0.1:1', 'proxy'])(
      'that is no URL (%s) is a matter of configuration, told without its value',
      async value => {
        process.env.HTTPS_PROXY = value
        const error = await failureOf(transport().send(post(ELSEWHERE), LIMITS))
        expect(error).toMatchObject({ kind: 'configure', code: 'invalid_option', delivery: 'not_sent' })
        expect(error.message).toMatch(/HTTPS_PROXY is no URL/)
        expect(error.message).not.toMatch(/p4ss|8080/)
      },
    )

    it('that ends every connection is not asked for ever', async () => {
      const proxy = await proxyThat({ respond: '' })
      expect(await failureOf(transport().send(post(ELSEWHERE), LIMITS))).toMatchObject({
        code: 'transport_failed',
        delivery: 'not_sent',
      })
      expect(proxy.connections).toBeLessThan(4)
    })

    it('that says nothing is given the time for connecting, and holds up nobody who closes', async () => {
      await proxyThat('silence')
      const waiting = transport({ connectTimeoutMs: 100 })
      const error = await failureOf(waiting.send(post(ELSEWHERE), { ...LIMITS, timeoutMs: 30_000 }))
      expect(error).toMatchObject({ delivery: 'not_sent' })
      expect(error.message).toMatch(/PROXY_UND_ERR_(HEADERS|CONNECT)_TIMEOUT/)
      const late = transport()
      const asked = failureOf(late.send(post(ELSEWHERE), { ...LIMITS, timeoutMs: 100 }))
      await late.close?.()
      expect(await asked).toMatchObject({ code: 'request_timed_out', delivery: 'not_sent' })
    })

    it('never sees what is sent in clear to this very machine', async () => {
      const proxy = await proxyThat({ respond: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}' })
      process.env.http_proxy = process.env.https_proxy
      const server = await wireServer({ respond: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]' })
      closing.push(() => server.close())
      expect(await transport().send(post(server.url), LIMITS)).toMatchObject({ body: '[]' })
      expect(proxy.connections).toBe(0)
    })
  })

  describe('behind a proxy that makes tunnels', () => {
    let host: Certificate
    let client: Certificate
    /** The clients' certificates that a server, or a proxy, was shown. */
    let shown: { server: string[]; proxy: string[] }
    let url: string

    beforeAll(async () => {
      host = await selfSigned()
      client = await selfSigned({ host: 'client-1' })
    })
    beforeEach(async () => {
      shown = { server: [], proxy: [] }
      const tls = { ...host, requestCert: true, rejectUnauthorized: false }
      const server = createHttpsServer(tls, ({ socket }, response) => {
        shown.server.push(nameIn(socket as TLSSocket))
        response.end('{}')
      })
      url = `https://localhost:${await listening(server)}/token`
    })

    const nameIn = (socket: TLSSocket) => String(socket.getPeerCertificate().subject?.CN)

    function listening(server: Server | ReturnType<typeof createHttpServer>): Promise<number> {
      closing.push(() => {
        server.closeAllConnections()
        return new Promise(resolve => server.close(resolve))
      })
      return new Promise(resolve =>
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
      )
    }

    async function tunnels(scheme: 'http' | 'https'): Promise<void> {
      const tls = { ...host, requestCert: true, rejectUnauthorized: false }
      const proxy = scheme === 'http' ? createHttpServer() : createHttpsServer(tls)
      proxy.on('connect', (request, socket: Socket) => {
        if (scheme === 'https') shown.proxy.push(nameIn(socket as TLSSocket))
        const [, port] = String(request.url).split(':')
        const onward = connect(Number(port), '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          socket.pipe(onward).pipe(socket)
        })
        onward.on('error', () => socket.destroy())
        socket.on('error', () => onward.destroy())
      })
      process.env.https_proxy = `${scheme}://localhost:${await listening(proxy)}`
    }

    it.each(['http', 'https'] as const)(
      'over %s, the certificate of the client is for the server',
      async scheme => {
        await tunnels(scheme)
        const sent = await transport({ ca: host.cert, ...client }).send(post(url), LIMITS)
        expect(sent.status).toBe(200)
        expect(shown).toEqual({ server: ['client-1'], proxy: scheme === 'http' ? [] : ['undefined'] })
      },
    )

    it('the public keys of the server have to be those that are pinned', async () => {
      await tunnels('http')
      const pins = { localhost: [Buffer.alloc(32).toString('base64')] }
      const refused = await failureOf(transport({ ca: host.cert, pins }).send(post(url), LIMITS))
      expect(refused).toMatchObject({ code: 'key_not_pinned', delivery: 'not_sent' })
      process.env.no_proxy = 'localhost'
      const direct = await failureOf(transport({ ca: host.cert, pins }).send(post(url), LIMITS))
      expect(direct).toMatchObject({ code: 'key_not_pinned', delivery: 'not_sent' })
    })
  })
}
