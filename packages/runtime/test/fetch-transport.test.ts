import { type HttpRequest, type Transport, TransportError } from '@evergrant/core'
import { type WireServer, wireServer } from '@evergrant/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchTransport } from '../src/index.ts'

const LIMITS = { timeoutMs: 2_000, bodyBytesMax: 10_000 }

/** A transport whose `fetch` fails for this cause. */
function failing(code: string, syscall?: string): Transport {
  return failingFor({ code, syscall })
}

function failingFor(cause: object): Transport {
  const error = Object.assign(new Error('x'), { cause })
  return fetchTransport({ fetch: () => Promise.reject(error) })
}

function post(url: string): HttpRequest {
  return { method: 'POST', url, headers: [['x-one', '1']], body: 'secret=s3cret', secrets: ['s3cret'] }
}

async function failureOf(promise: Promise<unknown>): Promise<TransportError> {
  try {
    await promise
  } catch (error) {
    if (TransportError.is(error)) return error
    throw error
  }
  throw new Error('it succeeded')
}

describe('the transport over fetch', () => {
  const transport = fetchTransport({ allowInsecureLoopback: true })
  let server: WireServer

  beforeAll(async () => {
    server = await wireServer()
  })
  afterAll(() => server.close())

  function answer(body: string, head = ''): void {
    server.behave({
      respond: `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${head}\r\n${body}`,
    })
  }

  it('sends a request and returns its answer raw', async () => {
    answer('\uFEFF{"ü":1}', 'x-two: 2\r\n')
    const response = await transport.send(post(server.url), LIMITS)
    expect(response).toMatchObject({ status: 200, body: '\uFEFF{"ü":1}' })
    expect(response.headers).toContainEqual(['x-two', '2'])
    expect(server.requests.at(-1)).toMatch(/^POST \/token .*x-one: 1.*\r\n\r\nsecret=s3cret$/s)
  })

  it('reads an empty answer', async () => {
    server.behave({ respond: 'HTTP/1.1 204 No Content\r\n\r\n' })
    expect(
      await transport.send({ ...post(server.url), method: 'GET', body: undefined }, LIMITS),
    ).toMatchObject({
      status: 204,
      body: '',
    })
  })

  it('does not follow redirects', async () => {
    const before = server.requests.length
    server.behave({ respond: `HTTP/1.1 307 Go\r\nlocation: ${server.url}\r\ncontent-length: 0\r\n\r\n` })
    expect((await transport.send(post(server.url), LIMITS)).status).toBe(307)
    expect(server.requests.length).toBe(before + 1)
  })

  it('refuses an answer beyond the bound, also one without end', async () => {
    answer('x'.repeat(10_001))
    expect(await failureOf(transport.send(post(server.url), LIMITS))).toMatchObject({
      code: 'response_too_large',
    })
    server.behave('endless')
    expect(await failureOf(transport.send(post(server.url), LIMITS))).toMatchObject({
      code: 'response_too_large',
    })
  })

  it('knows that nothing was sent when nobody listens, or the name does not exist', async () => {
    const gone = await wireServer()
    await gone.close()
    for (const url of [gone.url, 'https://no-such-host.invalid/']) {
      expect(await failureOf(transport.send(post(url), LIMITS))).toMatchObject({
        kind: 'retry',
        code: 'transport_failed',
        delivery: 'not_sent',
      })
    }
  })

  it('does not know when the connection breaks or time runs out', async () => {
    server.behave('reset_on_request')
    expect(await failureOf(transport.send(post(server.url), LIMITS))).toMatchObject({
      code: 'transport_failed',
      delivery: 'unknown',
    })
    for (const behaviour of ['silence', 'drip', 'stalled_body'] as const) {
      server.behave(behaviour)
      expect(await failureOf(transport.send(post(server.url), { ...LIMITS, timeoutMs: 100 }))).toMatchObject({
        code: 'request_timed_out',
        delivery: 'unknown',
        message: expect.stringContaining(`(${new URL(server.url).host})`),
      })
    }
  })

  it('sends nothing in clear, except to this machine and when asked to', async () => {
    for (const [sender, url] of [
      [fetchTransport(), server.url],
      [transport, 'http://example.com/token'],
    ] as const) {
      expect(await failureOf(sender.send(post(url), LIMITS))).toMatchObject({
        kind: 'configure',
        code: 'insecure_endpoint',
        delivery: 'not_sent',
      })
    }
  })

  it('names the host that it asked, and no more of its URL', async () => {
    const asked = failing('ENOTFOUND').send(post('https://user:s3cret@x.example:8443/p4th?q=s3cret'), LIMITS)
    const { message } = await failureOf(asked)
    expect(message).toMatch(/\(ENOTFOUND, x\.example:8443\)$/)
    expect(message).not.toMatch(/s3cret|p4th/)
  })

  it.each([
    ['EHOSTUNREACH', 'connect', 'not_sent'],
    ['EHOSTUNREACH', 'read', 'unknown'],
    ['ENETUNREACH', 'write', 'unknown'],
    ['ENETUNREACH', undefined, 'unknown'],
    ['ENETDOWN', 'connect', 'not_sent'],
    ['EAI_AGAIN', 'getaddrinfo', 'not_sent'],
    ['UND_ERR_CONNECT_TIMEOUT', undefined, 'not_sent'],
    ['ECONNRESET', 'connect', 'not_sent'],
    ['ECONNRESET', 'read', 'unknown'],
    ['ETIMEDOUT', 'connect', 'not_sent'],
    ['ETIMEDOUT', 'read', 'unknown'],
    ['EMFILE', 'connect', 'not_sent'],
    ['EAI_FAIL', 'getaddrinfo', 'not_sent'],
  ])('takes %s of %s for "%s"', async (code, syscall, delivery) => {
    const sent = failing(code, syscall).send(post('https://x.example/'), LIMITS)
    expect(await failureOf(sent)).toMatchObject({ delivery })
  })

  it('takes several addresses for "not sent" where none of them was connected to', async () => {
    const slow = { code: 'ETIMEDOUT', syscall: 'connect' }
    const closed = { code: 'ECONNREFUSED', syscall: 'connect' }
    const broken = { code: 'ECONNRESET', syscall: 'read' }
    const failureFor = (errors: readonly object[]) =>
      failureOf(failingFor({ code: 'ETIMEDOUT', errors }).send(post('https://x.example/'), LIMITS))
    expect(await failureFor([slow, closed])).toMatchObject({
      code: 'transport_failed',
      delivery: 'not_sent',
      message: expect.stringContaining('(ECONNREFUSED, x.example)'),
    })
    expect(await failureFor([slow, slow])).toMatchObject({ code: 'request_timed_out', delivery: 'not_sent' })
    expect(await failureFor([slow, broken])).toMatchObject({ delivery: 'unknown' })
  })

  it.each([
    [407, 'configure', 'proxy_refused'],
    [403, 'configure', 'proxy_refused'],
    [502, 'retry', 'transport_failed'],
  ])('says that the proxy has answered %i instead of making a tunnel', async (status, kind, code) => {
    const message = `Proxy response (${status}) !== 200 when HTTP Tunneling`
    const error = await failureOf(
      failingFor({ code: 'UND_ERR_ABORTED', message }).send(post('https://x.example/'), LIMITS),
    )
    expect(error).toMatchObject({ kind, code, delivery: 'not_sent' })
    expect(error.message).toContain(`(PROXY_${status}, x.example)`)
    const aborted = failingFor({ code: 'UND_ERR_ABORTED', message: 'Request aborted' })
    expect(await failureOf(aborted.send(post('https://x.example/'), LIMITS))).toMatchObject({
      delivery: 'unknown',
    })
  })

  it.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'INVALID_PURPOSE', 'HOSTNAME_MISMATCH', 'CRL_HAS_EXPIRED'])(
    'takes %s for a certificate that was refused',
    async code => {
      const error = await failureOf(failing(code).send(post('https://x.example/'), LIMITS))
      expect(error).toMatchObject({ kind: 'configure', code: 'tls_failed', delivery: 'not_sent' })
    },
  )

  it('takes a certificate that was refused for "not sent", and other trouble with TLS for "perhaps"', async () => {
    const refused = await failureOf(
      failing('DEPTH_ZERO_SELF_SIGNED_CERT').send(post('https://x.example/'), LIMITS),
    )
    expect(refused).toMatchObject({ kind: 'configure', code: 'tls_failed', delivery: 'not_sent' })
    const other = await failureOf(failing('EPROTO').send(post('https://x.example/'), LIMITS))
    expect(other).toMatchObject({ code: 'tls_failed', delivery: 'unknown' })
    const strange = await failureOf(failing('s3cret in a code').send(post('https://x.example/'), LIMITS))
    expect(strange.message).not.toContain('s3cret')
  })
})
