import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Transport } from '@evergrant/core'
import { type WireBehaviour, type WireServer, wireServer } from '@evergrant/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { undiciTransport as Factory } from '../../src/index.ts'
import { type Certificate, selfSigned } from './certificates.ts'
import { failureOf, LIMITS, post } from './token-request.ts'

function answer(body: string | Uint8Array, headers = ''): WireBehaviour {
  const bytes = Buffer.from(body)
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`
  return { respond: Buffer.concat([Buffer.from(head), bytes]) }
}

/** What the transport promises, over one version of undici. */
export function transportSuite(undiciTransport: typeof Factory): void {
  let server: WireServer
  let certificate: Certificate
  let expired: Certificate
  const transports: Transport[] = []

  function transport(options: Parameters<typeof Factory>[0] = {}): Transport {
    const made = undiciTransport({ allowInsecureLoopback: true, ...options })
    transports.push(made)
    return made
  }

  beforeAll(async () => {
    server = await wireServer()
    certificate = await selfSigned()
    expired = await selfSigned({ days: -1 })
  })

  afterAll(async () => {
    await Promise.all(transports.map(each => each.close?.()))
    await server.close()
  })

  describe('a request', () => {
    it('goes out as it is, on a connection of its own, and its answer comes back raw', async () => {
      server.behave(answer('\uFEFF{"a":1}', 'x-one: 1\r\nset-cookie: a\r\nset-cookie: b\r\n'))
      const sender = transport()
      const before = server.connections
      const response = await sender.send(post(server.url), LIMITS)
      await sender.send(post(server.url), LIMITS)
      expect(server.connections - before).toBe(2)
      expect(response.status).toBe(200)
      expect(response.body).toBe('\uFEFF{"a":1}')
      expect(response.headers).toEqual(
        expect.arrayContaining([
          ['x-one', '1'],
          ['set-cookie', 'a'],
          ['set-cookie', 'b'],
        ]),
      )
      const sent = server.requests.at(-1) ?? ''
      expect(sent).toMatch(/^POST \/token HTTP\/1.1\r\n/)
      expect(sent).toMatch(/\r\nconnection: close\r\n/i)
      expect(sent).toMatch(/\r\naccept-encoding: identity\r\n/i)
      expect(sent).toMatch(/\r\n\r\ngrant_type=client_credentials&client_secret=s3cret$/)
    })

    it('without a body can be a GET', async () => {
      server.behave(answer('{}'))
      await transport().send({ ...post(`${server.url}?a=b`), method: 'GET', body: undefined }, LIMITS)
      expect(server.requests.at(-1)).toMatch(/^GET \/token\?a=b HTTP\/1.1\r\n/)
    })

    it('is answered with a redirect as it is: nobody follows it', async () => {
      const respond = `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${server.url}\r\ncontent-length: 0\r\n\r\n`
      server.behave({ respond })
      const before = server.requests.length
      expect((await transport().send(post(server.url), LIMITS)).status).toBe(307)
      expect(server.requests.length - before).toBe(1)
    })
  })

  describe('an answer', () => {
    it.each([
      ['gzip', gzipSync],
      ['x-gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
      ['identity', (text: string) => Buffer.from(text)],
    ] as const)('that came as %s unasked is read', async (coding, compress) => {
      server.behave(answer(compress('{"access_token":"a"}'), `content-encoding: ${coding}\r\n`))
      expect((await transport().send(post(server.url), LIMITS)).body).toBe('{"access_token":"a"}')
    })

    it.each([
      ['in an unknown coding', answer('x', 'content-encoding: zstd\r\n'), 'response_not_json'],
      ['in two codings', answer('x', 'content-encoding: gzip, gzip\r\n'), 'response_not_json'],
      ['damaged', answer('not gzip', 'content-encoding: gzip\r\n'), 'response_not_json'],
      ['too large', answer('x'.repeat(10_001)), 'response_too_large'],
      [
        'too large once inflated',
        answer(gzipSync('x'.repeat(1e6)), 'content-encoding: gzip\r\n'),
        'response_too_large',
      ],
      ['without end', 'endless', 'response_too_large'],
    ] as const)('%s is refused', async (_, behaviour, code) => {
      server.behave(behaviour)
      expect(await failureOf(transport().send(post(server.url), LIMITS))).toMatchObject({
        code,
        delivery: 'unknown',
      })
    })

    it('of exactly the allowed size is not', async () => {
      server.behave(answer('x'.repeat(10_000)))
      expect((await transport().send(post(server.url), LIMITS)).body).toHaveLength(10_000)
    })
  })

  describe('a failure tells truthfully whether the request may have arrived', () => {
    it('not, when nobody listens', async () => {
      const gone = await wireServer()
      await gone.close()
      const error = await failureOf(transport().send(post(gone.url), LIMITS))
      expect(error).toMatchObject({ kind: 'retry', code: 'transport_failed', delivery: 'not_sent' })
      expect(error.message).toContain('ECONNREFUSED')
    })

    it('not, when the name does not exist', async () => {
      const error = await failureOf(
        transport().send(post('https://no-such-host.invalid/token?q=s3cret'), LIMITS),
      )
      expect(error).toMatchObject({ code: 'transport_failed', delivery: 'not_sent' })
      expect(error.message).toMatch(/\([A-Z_]+, no-such-host\.invalid\)$/)
    })

    it('not, when TLS is not even spoken', async () => {
      server.behave('silence')
      const url = `https://127.0.0.1:${server.port}/token`
      const sender = transport({ connectTimeoutMs: 100 })
      expect(await failureOf(sender.send(post(url), LIMITS))).toMatchObject({
        code: 'request_timed_out',
        delivery: 'not_sent',
      })
    })

    it('not, when the connection is reset during the TLS handshake', async () => {
      server.behave('reset_on_accept')
      const url = `https://127.0.0.1:${server.port}/token`
      expect(await failureOf(transport().send(post(url), LIMITS))).toMatchObject({
        code: 'transport_failed',
        delivery: 'not_sent',
      })
    })

    it('perhaps, when the connection is reset after the request was read', async () => {
      server.behave('reset_on_request')
      expect(await failureOf(transport().send(post(server.url), LIMITS))).toMatchObject({
        code: 'transport_failed',
        delivery: 'unknown',
      })
    })

    it('perhaps, when no answer comes within the time for answers', async () => {
      server.behave('silence')
      const sender = transport({ answerTimeoutMs: 100 })
      expect(await failureOf(sender.send(post(server.url), { ...LIMITS, timeoutMs: 10_000 }))).toMatchObject({
        code: 'request_timed_out',
        delivery: 'unknown',
      })
    })

    it('perhaps, when the total time is over, also while the body drips or stalls', async () => {
      for (const behaviour of ['silence', 'drip', 'stalled_body'] as const) {
        server.behave(behaviour)
        expect(
          await failureOf(transport().send(post(server.url), { ...LIMITS, timeoutMs: 150 })),
        ).toMatchObject({
          code: 'request_timed_out',
          delivery: 'unknown',
          message: expect.stringContaining(`(${new URL(server.url).host})`),
        })
      }
    })

    it('perhaps, when the answer ends too early', async () => {
      server.behave('half_answer')
      expect(await failureOf(transport().send(post(server.url), LIMITS))).toMatchObject({
        code: 'transport_failed',
        delivery: 'unknown',
      })
    })

    it('not, when the total time is over before a connection stands', async () => {
      const backlog = createTcpServer().listen(0, '127.0.0.1')
      server.behave('silence')
      const url = `https://127.0.0.1:${server.port}/token`
      expect(await failureOf(transport().send(post(url), { ...LIMITS, timeoutMs: 100 }))).toMatchObject({
        code: 'request_timed_out',
        delivery: 'not_sent',
      })
      backlog.close()
    })

    it('and never tells a secret', async () => {
      server.behave('reset_on_request')
      const error = await failureOf(transport().send(post(`${server.url}?client_secret=s3cret`), LIMITS))
      expect(JSON.stringify([error, error.message, error.stack])).not.toContain('s3cret')
    })
  })

  describe('TLS', () => {
    async function httpsServer(
      settings: Certificate & { maxVersion?: 'TLSv1.1'; minVersion?: 'TLSv1'; ciphers?: string },
      headers: Record<string, string> = {},
    ) {
      const secure = createServer({ ...settings }, (_request, response) => {
        response.writeHead(200, headers).end('{"secure":true}')
      })
      await new Promise<void>(resolve => secure.listen(0, '127.0.0.1', resolve))
      const { port } = secure.address() as { port: number }
      return {
        url: `https://localhost:${port}/token`,
        port,
        close: () => {
          secure.closeAllConnections()
          return new Promise(resolve => secure.close(resolve))
        },
      }
    }

    it('with a trusted authority works', async () => {
      const secure = await httpsServer(certificate)
      const sender = transport({ ca: certificate.cert, allowInsecureLoopback: false })
      expect((await sender.send(post(secure.url), LIMITS)).body).toBe('{"secure":true}')
      await secure.close()
    })

    it('with a certificate that nobody vouches for is refused, even if the environment says otherwise', async () => {
      const secure = await httpsServer(certificate)
      vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
      try {
        expect(await failureOf(transport().send(post(secure.url), LIMITS))).toMatchObject({
          kind: 'configure',
          code: 'tls_failed',
          delivery: 'not_sent',
        })
      } finally {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
        await secure.close()
      }
    })

    it('for another host is refused', async () => {
      const secure = await httpsServer(certificate)
      const sender = transport({ ca: certificate.cert })
      const url = secure.url.replace('localhost', '127.0.0.1')
      expect(await failureOf(sender.send(post(url), LIMITS))).toMatchObject({
        code: 'tls_failed',
        delivery: 'not_sent',
      })
      await secure.close()
    })

    it('with an expired certificate is refused', async () => {
      const secure = await httpsServer(expired)
      const sender = transport({ ca: expired.cert })
      expect(await failureOf(sender.send(post(secure.url), LIMITS))).toMatchObject({
        code: 'tls_failed',
        delivery: 'not_sent',
      })
      await secure.close()
    })

    it('below 1.2 is refused', async () => {
      const old = createTlsServer({
        ...certificate,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      old.on('tlsClientError', () => undefined)
      await new Promise<void>(resolve => old.listen(0, '127.0.0.1', resolve))
      const { port } = old.address() as { port: number }
      const sender = transport({ ca: certificate.cert })
      const error = await failureOf(sender.send(post(`https://localhost:${port}/token`), LIMITS))
      expect(error).toMatchObject({ kind: 'configure', code: 'tls_failed', delivery: 'not_sent' })
      old.close()
    })

    it('demanded by a host is demanded from then on', async () => {
      const secure = await httpsServer(certificate, { 'strict-transport-security': 'max-age=60' })
      server.behave(answer('{}'))
      const sender = transport({ ca: certificate.cert })
      const plain = `http://localhost:${server.port}/token`
      expect((await sender.send(post(plain), LIMITS)).status).toBe(200)
      await sender.send(post(secure.url), LIMITS)
      expect(await failureOf(sender.send(post(plain), LIMITS))).toMatchObject({
        code: 'insecure_endpoint',
        delivery: 'not_sent',
      })
      await secure.close()
    })
  })

  describe('in clear', () => {
    it('nothing is sent without being asked for', async () => {
      const before = server.connections
      const sender = transport({ allowInsecureLoopback: false })
      expect(await failureOf(sender.send(post(server.url), LIMITS))).toMatchObject({
        kind: 'configure',
        code: 'insecure_endpoint',
        delivery: 'not_sent',
      })
      expect(server.connections).toBe(before)
    })

    it('nothing is sent to another machine, whatever was asked for', async () => {
      for (const host of ['example.com', '127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1']) {
        expect(await failureOf(transport().send(post(`http://${host}/token`), LIMITS))).toMatchObject({
          code: 'insecure_endpoint',
          delivery: 'not_sent',
        })
      }
    })
  })
}
