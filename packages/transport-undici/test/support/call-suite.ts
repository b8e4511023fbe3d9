import { getEventListeners } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { type Clock, EvergrantError, fail } from '@evergrant/core'
import { bearerApi, type CallEnd, type ResourceServer } from '@evergrant/core/calls'
import { virtualClock } from '@evergrant/testkit'
import type * as Undici from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type * as Subject from '../../src/index.ts'
import { type ApiServer, answer, apiServer } from './api-server.ts'
import { type NumberedTokens, numberedTokens } from './numbered-tokens.ts'

/** A clock on which every pause is over at once. */
export function hurried(): Clock {
  const clock = virtualClock()
  return {
    now: clock.now,
    wake(at, callback) {
      const cancel = clock.wake(at, callback)
      setImmediate(() => clock.advance(Math.max(0, at - clock.now())).catch(() => undefined))
      return cancel
    },
  }
}

export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => ({ it: 'succeeded' }),
    error => error,
  )
}

/** An API that tells failures inside an HTTP 200, with the token in the query. */
function talkative(url: string): ResourceServer {
  return {
    name: 'talkative',
    origins: [url],
    place: () => ({ in: 'query', name: 't' }),
    looksInto: (_status, type) => type === 'application/json',
    judge: ({ body }) =>
      body?.startsWith('{"bad')
        ? { ...fail('token_rejected_again'), about: 'token', plain: false }
        : undefined,
  }
}

/** What the interceptor promises, over one version of undici. */
export function callSuite(undici: typeof Undici, subject: typeof Subject): void {
  let server: ApiServer
  let source: NumberedTokens
  let dispatcher: Undici.Dispatcher
  let agent: Undici.Agent

  function open(
    options: Subject.AuthorizedDispatcherOptions = {},
    api = bearerApi({ origins: [server.url] }),
  ) {
    dispatcher = subject.authorizedDispatcher(source, api, {
      dispatcher: agent,
      clock: hurried(),
      random: () => 0,
      ...options,
    })
  }

  async function get(path = '/', options: Omit<Undici.Dispatcher.RequestOptions, 'path' | 'method'> = {}) {
    const { statusCode, body } = await undici.request(server.url + path, { ...options, dispatcher })
    return { statusCode, text: await body.text() }
  }

  async function post(body: string | Buffer | Readable, headers: Record<string, string> = {}) {
    const answered = await undici.request(server.url, { method: 'POST', headers, body, dispatcher })
    return { statusCode: answered.statusCode, text: await answered.body.text() }
  }

  beforeEach(async () => {
    server = await apiServer()
    source = numberedTokens()
    agent = new undici.Agent()
    open()
  })
  afterEach(async () => {
    await agent.destroy()
    await server.close()
  })

  describe('an authorized request', () => {
    it.each([
      ['an object', { 'x-mine': '1' }],
      ['a flat list', ['x-mine', '1']],
      ['pairs', new Map([['x-mine', '1']])],
      ['an iterator, which can be read once', () => Object.entries({ 'x-mine': '1' }).values()],
    ])('keeps header fields that come as %s', async (_, given) => {
      const headers = typeof given === 'function' ? given() : given
      expect(await get('/a?b=c', { headers })).toEqual({ statusCode: 200, text: '{"echo":""}' })
      expect(server.asked).toMatchObject([
        { method: 'GET', path: '/a?b=c', authorization: 'Bearer token-1', headers: { 'x-mine': '1' } },
      ])
    })

    it.each([
      ['no token', (url: string) => bearerApi({ origins: [url] }), '/a?b=c%20d&e=1&e=2'],
      ['the token', talkative, '/a?b=c%20d&e=1&e=2&t=token-1'],
    ])('has %s beside the parameters that undici joins', async (_, api, path) => {
      server.script.push(answer(200))
      open({}, api(server.url))
      await get('/a', { query: { b: 'c d', e: [1, 2] } })
      expect(server.asked.map(asked => asked.path)).toEqual([path])
    })

    it('waits for a token when none is held', async () => {
      source.cold = true
      expect((await get()).statusCode).toBe(200)
    })

    it('fails as its source does', async () => {
      source.cold = true
      source.failure = new EvergrantError(fail('invalid_client'))
      expect(await failureOf(get())).toMatchObject({ code: 'invalid_client' })
      expect(server.asked).toEqual([])
    })

    it('works for fetch and for streams as well', async () => {
      const response = await undici.fetch(server.url, { dispatcher })
      expect(await response.json()).toEqual({ echo: '' })
      const chunks: Buffer[] = []
      const sink = () =>
        new Writable({
          write(chunk, _, done) {
            chunks.push(chunk)
            done()
          },
        })
      await undici.stream(server.url, { method: 'POST', body: 'x', dispatcher }, sink)
      expect(Buffer.concat(chunks).toString()).toBe('{"echo":"x"}')
    })

    it('ends with its signal while it waits for a token', async () => {
      source.cold = true
      const signal = AbortSignal.abort()
      await expect(get('/', { signal })).rejects.toThrow()
      expect(server.asked).toEqual([])
    })

    it('hands a large answer on as it comes, under the reader’s pressure', async () => {
      server.script.push(response => {
        response.writeHead(200, { 'content-type': 'application/json' })
        for (let i = 0; i < 64; i++) response.write('x'.repeat(65_536))
        response.end()
      })
      open({}, talkative(server.url))
      const { body } = await undici.request(server.url, { dispatcher })
      let bytes = 0
      for await (const chunk of body) {
        bytes += chunk.length
        await turn()
      }
      expect(bytes).toBe(64 * 65_536)
    })
  })

  describe('a rejected token', () => {
    beforeEach(() => {
      server.valid.clear()
      server.valid.add('Bearer token-2')
    })

    it('is replaced and the request sent again, once, over the same connection', async () => {
      expect(await post('x', { 'x-mine': '1' })).toEqual({ statusCode: 200, text: '{"echo":"x"}' })
      expect(server.asked.map(({ authorization, body }) => [authorization, body])).toEqual([
        ['Bearer token-1', 'x'],
        ['Bearer token-2', 'x'],
      ])
      expect(server.asked[1]?.headers).toMatchObject({ 'x-mine': '1' })
      expect(server.connections).toBe(1)
    })

    it('of many requests at once makes one renewal', async () => {
      const all = await Promise.all(Array.from({ length: 50 }, () => get()))
      expect(all.every(({ statusCode }) => statusCode === 200)).toBe(true)
      expect(source.obtained).toBe(2)
    })

    it('that is rejected again surfaces with its reason', async () => {
      server.valid.clear()
      expect(await failureOf(get())).toMatchObject({ kind: 'retry', code: 'token_rejected_again' })
      expect(server.asked).toHaveLength(2)
    })

    it.each([
      ['a form', () => new undici.FormData(), /name="a"\r\n\r\n1\r\n/],
      ['a blob', () => new Blob(['blob']), /^blob$/],
      ['a buffer', () => Buffer.from('bytes'), /^bytes$/],
    ])('of %s is replaced, and the body sent again', async (_, make, sent) => {
      const body = make()
      if (body instanceof undici.FormData) body.append('a', '1')
      const options = { method: 'POST', body: body as Undici.FormData, dispatcher }
      expect((await undici.request(server.url, options)).statusCode).toBe(200)
      expect(server.asked.map(asked => asked.body)).toEqual([1, 2].map(() => expect.stringMatching(sent)))
    })

    it('of a stream is replaced, and the caller is told', async () => {
      expect(await failureOf(post(Readable.from(['streamed'])))).toMatchObject({
        code: 'body_not_replayable',
      })
      expect(server.asked).toHaveLength(1)
      expect(await post(Readable.from(['streamed']))).toMatchObject({ text: '{"echo":"streamed"}' })
    })

    it('is noticed though the rest of the answer never comes', async () => {
      server.script.push(response => {
        response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' })
        response.write('x'.repeat(100_000))
      })
      expect((await get()).statusCode).toBe(200)
    })

    it('is noticed though the answer stalls after its first piece', async () => {
      server.script.push(response => response.writeHead(401).write('{'))
      expect((await get()).statusCode).toBe(200)
    })

    it('is noticed though the connection breaks after the header', async () => {
      server.script.push(response => {
        response.writeHead(401, { 'content-length': '100' })
        response.write('x', () => response.destroy())
      })
      expect((await get()).statusCode).toBe(200)
    })
  })

  describe('a request that was turned away', () => {
    it('is sent again, whatever its method', async () => {
      server.script.push(answer(429, { 'retry-after': '60' }), answer(429))
      expect((await post('x')).statusCode).toBe(200)
      expect(server.asked).toHaveLength(3)
    })

    it('by a server in trouble is sent again where that does no harm', async () => {
      server.script.push(answer(503), answer(503))
      expect((await get()).statusCode).toBe(200)
      server.script.push(answer(503, {}, 'busy'))
      expect(await post('x')).toEqual({ statusCode: 503, text: 'busy' })
      open({ retryUnsafe: true })
      server.script.push(answer(503))
      expect((await post('x')).statusCode).toBe(200)
    })

    it('leaves nothing at its signal when it has paused', async () => {
      const { signal } = new AbortController()
      server.script.push(answer(429), answer(429))
      expect((await get('/', { signal })).statusCode).toBe(200)
      // undici takes its own one off in its own time.
      await expect.poll(() => getEventListeners(signal, 'abort')).toHaveLength(0)
    })

    it('ends with its signal while it pauses', async () => {
      const controller = new AbortController()
      const clock = { now: () => 0, wake: () => () => undefined }
      open({ clock })
      server.script.push((response, asked) => {
        answer(429)(response, asked)
        setImmediate(() => controller.abort())
      })
      expect(await failureOf(get('/', { signal: controller.signal }))).toHaveProperty('name')
      expect(server.asked).toHaveLength(1)
    })
  })

  describe('a failure inside a success', () => {
    beforeEach(() => open({}, talkative(server.url)))
    const json = { 'content-type': 'application/json' }

    it('is found, and the token replaced', async () => {
      server.script.push(answer(200, json, '{"bad":110}'), answer(200, json, '{"good":1}'))
      expect((await get('/x?a=b')).text).toBe('{"good":1}')
      expect(server.asked.map(({ path }) => path)).toEqual(['/x?a=b&t=token-1', '/x?a=b&t=token-2'])
    })

    it.each([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const)(
      'is found in %s, which fetch asks for, and what is none is handed on as it came',
      async (coding, pack) => {
        const packed = { ...json, 'content-encoding': coding }
        const good = `{"good":"${'x'.repeat(1_000)}"}`
        server.script.push(answer(200, packed, pack('{"bad":110}')), answer(200, packed, pack(good)))
        expect(await (await undici.fetch(`${server.url}/x`, { dispatcher })).text()).toBe(good)
        expect(server.asked.map(({ path }) => path)).toEqual(['/x?t=token-1', '/x?t=token-2'])
        server.script.push(answer(200, packed, '{"bad":110}'))
        expect((await get()).text).toBe('{"bad":110}')
        server.script.push(answer(200, packed, pack(`{"bad":"${'x'.repeat(70_000)}"}`)))
        expect((await get()).statusCode).toBe(200)
      },
    )

    it('is not looked for in a body that is large or encoded', async () => {
      const large = `{"bad":"${'x'.repeat(70_000)}"}`
      server.script.push(answer(200, json, large))
      expect((await get()).text).toBe(large)
      server.script.push(answer(200, { ...json, 'content-length': String(large.length) }, large))
      expect((await get()).text).toBe(large)
      server.script.push(answer(200, { ...json, 'content-encoding': 'x' }, '{"bad":1}'))
      expect((await get()).text).toBe('{"bad":1}')
    })

    it('is told without the token that it echoes', async () => {
      const api = {
        ...talkative(server.url),
        judge: ({ body = '' }) => ({
          ...fail('rate_limited', { description: body }),
          about: 'request' as const,
          plain: false,
        }),
      }
      open({}, api)
      server.script.push(answer(200, json, '{"bad":"token-1"}'))
      expect(await failureOf(get())).toMatchObject({ description: '{"bad":"‹redacted›"}' })
    })

    it('that is not even HTTP does not put the token that it echoes into the error', async () => {
      server.script.push(response => response.socket?.end('token-1 is no HTTP'))
      const error = await failureOf(get())
      expect(error).toMatchObject({ name: 'HTTPParserError', data: '‹redacted›' })
    })

    it('is not taken from an answer that breaks off', async () => {
      server.script.push(response => {
        response.writeHead(200, { ...json, 'content-length': '100' })
        response.write('{"bad', () => response.destroy())
      })
      await expect(get()).rejects.toThrow()
      expect(server.asked).toHaveLength(1)
    })
  })

  describe('a token that belongs into the body', () => {
    it('is put into a form or a JSON object, and nowhere else', async () => {
      server.valid.add('')
      const api = bearerApi({ origins: [server.url] })
      open({}, { ...api, place: (_, type) => ({ in: type.includes('json') ? 'json' : 'form', name: 't' }) })
      await post('{"a":1}', { 'content-type': 'application/json', 'content-length': '7' })
      await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' })
      expect(server.asked.map(({ body }) => body)).toEqual(['{"t":"token-1","a":1}', 'a=1&t=token-1'])
      expect(await failureOf(post(Buffer.from('x')))).toMatchObject({ code: 'body_unsuitable' })
    })
  })

  describe('no token goes', () => {
    it('to another origin', async () => {
      open({}, bearerApi({ origins: ['https://api.example'] }))
      for (let i = 0; i < 2; i++) {
        expect(await failureOf(get())).toMatchObject({ kind: 'configure', code: 'origin_not_allowed' })
      }
      expect(server.asked).toEqual([])
    })

    it('along with the next, where a server redirects to itself with the query', async () => {
      open(
        {},
        { ...bearerApi({ origins: [server.url] }), place: () => ({ in: 'query', name: 'access_token' }) },
      )
      server.script.push((response, { path }) =>
        response.writeHead(301, { location: path.replace('/dir?', '/dir/?') }).end(),
      )
      server.script.push(answer(200))
      dispatcher = dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 3 }))
      expect((await get('/dir?a=1')).statusCode).toBe(200)
      expect(server.asked.map(({ path }) => path)).toEqual([
        '/dir?a=1&access_token=token-1',
        '/dir/?a=1&access_token=token-1',
      ])
    })

    it('beside another in the same field, however that is written', async () => {
      open({}, { ...bearerApi({ origins: [server.url] }), place: () => ({ in: 'header', name: 'X-Token' }) })
      const headers = { 'x-token': 'mine' }
      expect(await failureOf(get('/', { headers }))).toMatchObject({ code: 'scheme_conflict' })
      expect(server.asked).toEqual([])
    })

    it('to where a redirect leads elsewhere', async () => {
      const elsewhere = await apiServer()
      server.script.push(answer(302, { location: elsewhere.url }))
      dispatcher = dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 3 }))
      expect(await failureOf(get())).toMatchObject({ code: 'origin_not_allowed' })
      expect(elsewhere.asked).toEqual([])
      await elsewhere.close()
    })

    it('twice', async () => {
      for (const headers of [{ Authorization: 'Basic x' }, ['authorization', 'Basic x']]) {
        expect(await failureOf(get('/', { headers }))).toMatchObject({ code: 'scheme_conflict' })
      }
      open({}, { ...talkative(server.url), credentialPlaces: () => [{ in: 'json', name: 'token' }] })
      expect(await failureOf(get('/?t=mine'))).toMatchObject({ code: 'scheme_conflict' })
      expect(await failureOf(get('/', { query: { t: 'mine' } }))).toMatchObject({ code: 'scheme_conflict' })
      expect(await failureOf(post('{"token":"mine"}'))).toMatchObject({ code: 'scheme_conflict' })
      const headers = { authorization: 'Basic x' }
      expect(await failureOf(get('/', { headers }))).toMatchObject({ code: 'scheme_conflict' })
      expect(server.asked).toEqual([])
    })
  })

  describe('a guard', () => {
    it('is entered and left once for every attempt', async () => {
      const seen: (string | CallEnd)[] = []
      const guard = {
        enter: async () => {
          seen.push('enter')
        },
        leave: (_: unknown, end: CallEnd) => {
          seen.push(typeof end === 'string' ? end : end.about)
        },
      }
      open({ guard, limits: { attemptsMax: 2 } })
      server.script.push(answer(401), answer(429), response => response.destroy())
      await expect(get()).rejects.toThrow()
      expect(seen).toEqual(['enter', 'token', 'enter', 'limit', 'enter', 'lost'])
      source.reject('token-2')
      source.failure = new EvergrantError(fail('invalid_client'))
      await failureOf(get())
      expect(seen.slice(6)).toEqual(['enter', 'untold'])
    })

    it('that lets nobody pass makes requests fail at once', async () => {
      const guard = {
        enter: () => {
          throw new EvergrantError(fail('circuit_open'))
        },
        leave: () => undefined,
      }
      open({ guard })
      expect(await failureOf(get())).toMatchObject({ code: 'circuit_open' })
      expect(server.asked).toEqual([])
    })
  })
}
