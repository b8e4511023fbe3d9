import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { fail } from '@evergrant/core'
import type { RequestSigner } from '@evergrant/core/calls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizedFetch, type CallEvent, callGuard } from '../../src/calls.ts'
import { EvergrantError } from '../../src/index.ts'
import { type ApiServer, apiServer, status } from '../support/api-server.ts'
import { failureOf, rig } from '../support/rig.ts'

let server: ApiServer

beforeEach(async () => {
  server = await apiServer()
})
afterEach(() => server[Symbol.asyncDispose]())

/** A fetch over a source of token-1, token-2, …, without pauses. */
function subject(options: Parameters<typeof authorizedFetch>[2] = {}) {
  const { source, transport, clock } = rig()
  const events: CallEvent[] = []
  const call = authorizedFetch(source, server.api, {
    clock: { ...clock, wake: (_at, callback) => clock.wake(clock.now(), callback) },
    random: () => 0,
    onEvent: event => events.push(event),
    ...options,
  })
  return { call, source, transport, clock, events }
}

/** Lets virtual time pass until a call has come to its end. */
async function settle<Value>(
  promise: Promise<Value>,
  clock: ReturnType<typeof rig>['clock'],
): Promise<Value> {
  let settled = false
  const mark = () => {
    settled = true
  }
  promise.then(mark, mark)
  while (!settled) {
    await clock.advance(1)
    await new Promise(resolve => setImmediate(resolve))
  }
  return promise
}

describe('an authorized call', () => {
  it('is what fetch was asked for, with a token', async () => {
    const { call } = subject()
    const response = await call(`${server.url}/a?b=c`, {
      method: 'POST',
      headers: { 'x-mine': '1', 'content-type': 'application/json' },
      body: '{"q":1}',
    })
    expect(await response.json()).toEqual({ echo: '{"q":1}' })
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        url: '/a?b=c',
        authorization: 'Bearer token-1',
        body: '{"q":1}',
        headers: { 'x-mine': '1', 'content-type': 'application/json' },
      },
    ])
  })

  it('may be given as a Request, a URL or text', async () => {
    const { call } = subject()
    await call(new Request(`${server.url}/1`, { headers: { 'x-mine': '1' } }))
    await call(new URL(`${server.url}/2`))
    await call(`${server.url}/3`)
    expect(server.asked.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['/1', 'Bearer token-1'],
      ['/2', 'Bearer token-1'],
      ['/3', 'Bearer token-1'],
    ])
    expect(server.asked[0]?.headers['x-mine']).toBe('1')
  })

  it('leaves a failure that means something else to the caller', async () => {
    const { call, transport } = subject()
    server.script.push(status(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }, 'no'))
    const response = await call(server.url)
    expect([response.status, await response.text()]).toEqual([403, 'no'])
    expect(transport.requests).toHaveLength(1)
  })

  it('fails as fetch does when the network does', async () => {
    const { call } = subject({ fetch: () => Promise.reject(new TypeError('fetch failed')) })
    await expect(call(server.url)).rejects.toThrow(TypeError)
  })

  it('fails as the source does when there is no token', async () => {
    const { call, transport, clock } = subject()
    transport.expect({ status: 401, headers: [], body: '{"error":"invalid_client"}' })
    expect(await failureOf(settle(call(server.url), clock))).toMatchObject({ code: 'invalid_client' })
    expect(server.asked).toEqual([])
  })

  it('ends with its signal, also while it waits for a token', async () => {
    const { call } = subject()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(call(server.url, { signal })).rejects.toThrow()
    expect(server.asked).toEqual([])
  })
})

describe('a rejected token', () => {
  it('is replaced, and the call made again, once', async () => {
    const { call, transport, events } = subject()
    server.valid.clear()
    server.valid.add('token-2')
    const response = await call(server.url, { method: 'POST', body: 'x' })
    expect(await response.json()).toEqual({ echo: 'x' })
    expect(server.asked.map(({ authorization, body }) => [authorization, body])).toEqual([
      ['Bearer token-1', 'x'],
      ['Bearer token-2', 'x'],
    ])
    expect(transport.requests).toHaveLength(2)
    expect(events.map(({ type }) => type)).toEqual(['call.renewed', 'call.ended'])
  })

  it('of many calls at once makes one renewal', async () => {
    const { call, transport } = subject()
    server.valid.clear()
    server.valid.add('token-2')
    const responses = await Promise.all(Array.from({ length: 50 }, () => call(server.url)))
    expect(responses.every(({ ok }) => ok)).toBe(true)
    expect(transport.requests).toHaveLength(2)
  })

  it('that is rejected again surfaces with its reason, and the token endpoint is not asked for ever', async () => {
    const { call, transport } = subject()
    server.valid.clear()
    for (let i = 0; i < 10; i++) {
      const failure = await failureOf(call(server.url))
      expect(failure).toMatchObject({ kind: 'retry', code: 'token_rejected_again' })
    }
    expect(transport.requests).toHaveLength(2)
  })

  it('of a stream is replaced, and the caller is told to make the call again', async () => {
    const { call, source } = subject()
    server.valid.clear()
    server.valid.add('token-2')
    const body = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('streamed'))
          controller.close()
        },
      })
    const init = { method: 'POST', duplex: 'half' } as RequestInit
    expect(await failureOf(call(server.url, { ...init, body: body() }))).toMatchObject({
      kind: 'retry',
      code: 'body_not_replayable',
    })
    expect((await source.token()).accessToken).toBe('token-2')
    const response = await call(server.url, { ...init, body: body() })
    expect(await response.json()).toEqual({ echo: 'streamed' })
  })
})

describe('a call that was turned away', () => {
  it('is made again when the server says so, whatever its method', async () => {
    const { call, clock, events } = subject()
    server.script.push(status(429, { 'retry-after': '1' }), status(429))
    const response = await settle(call(server.url, { method: 'POST', body: 'x' }), clock)
    expect(response.status).toBe(200)
    expect(server.asked).toHaveLength(3)
    expect(events).toMatchObject([
      { type: 'call.paused', pauseMs: 1_250 },
      { type: 'call.paused', pauseMs: 250 },
      { type: 'call.ended', status: 200, attempts: 3 },
    ])
  })

  it('by a server in trouble is made again if that does no harm', async () => {
    const { call, clock } = subject()
    server.script.push(status(503), status(503))
    expect((await settle(call(server.url), clock)).status).toBe(200)
    server.script.push(status(503, {}, 'busy'))
    const response = await settle(call(server.url, { method: 'POST', body: 'x' }), clock)
    expect([response.status, await response.text()]).toEqual([503, 'busy'])
    server.script.push(status(503))
    const retried = await settle(call(server.url, { method: 'POST', body: 'x', retryUnsafe: true }), clock)
    expect(retried.status).toBe(200)
  })

  it('too often is answered with the last answer', async () => {
    const { call, clock } = subject({ limits: { attemptsMax: 2 } })
    server.script.push(status(503), status(503, {}, 'still busy'))
    expect(await (await settle(call(server.url), clock)).text()).toBe('still busy')
  })
})

describe('a call whose connection is lost', () => {
  const broken = (_: unknown, response: ServerResponse) => response.destroy()

  it('is made again where that does no harm', async () => {
    const { call, clock, events } = subject()
    server.script.push(broken, broken)
    expect((await settle(call(server.url), clock)).status).toBe(200)
    expect(events).toMatchObject([
      { type: 'call.paused', code: 'transport_failed', pauseMs: 250 },
      { type: 'call.paused', code: 'transport_failed', pauseMs: 250 },
      { type: 'call.ended', status: 200, attempts: 3 },
    ])
    server.script.push(broken)
    const post = { method: 'POST', body: 'x' }
    await expect(settle(call(server.url, post), clock)).rejects.toThrow('fetch failed')
    server.script.push(broken)
    expect((await settle(call(server.url, { ...post, retryUnsafe: true }), clock)).status).toBe(200)
  })

  it('for ever fails as fetch does', async () => {
    const { call, clock } = subject({ limits: { attemptsMax: 3 } })
    server.script.push(broken, broken, broken)
    await expect(settle(call(server.url), clock)).rejects.toThrow('fetch failed')
    expect(server.asked).toHaveLength(3)
  })

  it('is made again whatever its method when it never stood', async () => {
    const cause = Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' })
    const refused = new TypeError('fetch failed', { cause })
    let tries = 0
    const { call, clock } = subject({
      fetch: (...given) => (++tries < 3 ? Promise.reject(refused) : fetch(...given)),
    })
    expect((await settle(call(server.url, { method: 'POST', body: 'x' }), clock)).status).toBe(200)
  })

  it('is told of it when its time, or a circuit, is over before it can be made again', async () => {
    const { source, clock } = rig()
    const options = { clock, random: () => 0, guard: callGuard({ clock, circuit: { failuresMax: 1 } }) }
    server.script.push(broken)
    await expect(settle(authorizedFetch(source, server.api, options)(server.url), clock)).rejects.toThrow(
      'fetch failed',
    )
    const late = new AbortController()
    server.script.push(broken)
    const call = authorizedFetch(source, server.api, {
      clock,
      onEvent: ({ type }) => {
        if (type === 'call.paused') setImmediate(() => late.abort(new DOMException('late', 'TimeoutError')))
      },
    })
    await expect(call(server.url, { signal: late.signal })).rejects.toThrow('fetch failed')
    expect(server.asked).toHaveLength(2)
  })

  it('is another’s trouble where a signer could not be reached', async () => {
    const ends: unknown[] = []
    let asked = 0
    const signer: RequestSigner = {
      sign: () => {
        asked += 1
        throw Object.assign(new Error('no network'), { code: 'ECONNRESET' })
      },
    }
    const guard = { enter: () => undefined, leave: (_: unknown, end: unknown) => void ends.push(end) }
    await expect(authorizedFetch(signer, server.api, { guard })(server.url)).rejects.toThrow('no network')
    expect([asked, ends]).toEqual([1, ['untold']])
  })

  it('by its own caller is over, whatever his reason looks like', async () => {
    const { call, events } = subject()
    const leaving = new AbortController()
    const reason = Object.assign(new Error('the client has gone'), { code: 'ECONNRESET' })
    server.script.push((_, response) => {
      leaving.abort(reason)
      response.destroy()
    })
    await expect(call(server.url, { signal: leaving.signal })).rejects.toBe(reason)
    expect(events).toMatchObject([{ type: 'call.ended', attempts: 1 }])
    expect(server.asked).toHaveLength(1)
  })
})

describe('an error that echoes the token', () => {
  it('is told without it, though it looks like a success or is not even HTTP', async () => {
    const api = {
      ...server.api,
      looksInto: () => true,
      judge: ({ body = '' }) => ({
        ...fail('rate_limited', { description: body }),
        about: 'request' as const,
        plain: false,
      }),
    }
    const { source } = rig()
    server.script.push(status(200, {}, '{"no":"\\u0074oken-1"}'))
    expect(await failureOf(authorizedFetch(source, api)(server.url))).toMatchObject({
      description: '{"no":"‹redacted›"}',
    })
    server.script.push((_, response) => response.socket?.end('token-1 is no HTTP'))
    const error = await failureOf(authorizedFetch(source, api)(server.url))
    expect(inspect(error, { depth: 9, showHidden: true })).toContain('HTTPParserError')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('token-1')
  })
})

describe('no token goes', () => {
  it.each(['http://api.example/', 'https://evil.test/', 'ftp://api.example/', 'https://u:p@api.example/'])(
    'to %s',
    async url => {
      const { source } = rig()
      let sent = 0
      const call = authorizedFetch(
        source,
        { ...server.api, origins: ['https://api.example'] },
        { fetch: async () => new Response(String(++sent)) },
      )
      expect(await failureOf(call(url))).toMatchObject({ kind: 'configure', code: 'origin_not_allowed' })
      expect(sent).toBe(0)
    },
  )

  it('to where a redirect leads elsewhere, nor does anything else that authorizes', async () => {
    await using elsewhere = await apiServer(status(200, {}, 'elsewhere'))
    elsewhere.script.push(status(200, {}, 'elsewhere'))
    server.script.push(status(302, { location: `${elsewhere.url}/file` }))
    const { call } = subject()
    const response = await call(server.url, { headers: { cookie: 'a=b', 'x-mine': '1' } })
    expect(await response.text()).toBe('elsewhere')
    expect(elsewhere.asked[0]?.authorization).toBeUndefined()
    expect(elsewhere.asked[0]?.headers).toMatchObject({ 'x-mine': '1' })
    expect(elsewhere.asked[0]?.headers.cookie).toBeUndefined()
  })

  it('twice: a request that is authorized already is refused', async () => {
    const { call } = subject()
    const headers = { authorization: 'Basic abc' }
    expect(await failureOf(call(server.url, { headers }))).toMatchObject({ code: 'scheme_conflict' })
  })
})

describe('a redirect within the allowed origins', () => {
  it('is followed with the token, and a POST becomes a GET where it should', async () => {
    const { call } = subject()
    server.script.push(status(302, { location: '/there' }))
    expect((await call(`${server.url}/here`, { method: 'POST', body: 'x' })).status).toBe(200)
    server.script.push(status(307, { location: '/there' }))
    expect((await call(`${server.url}/here`, { method: 'POST', body: 'x' })).status).toBe(200)
    expect(
      server.asked.map(({ method, url, authorization, body }) => [method, url, authorization, body]),
    ).toEqual([
      ['POST', '/here', 'Bearer token-1', 'x'],
      ['GET', '/there', 'Bearer token-1', ''],
      ['POST', '/here', 'Bearer token-1', 'x'],
      ['POST', '/there', 'Bearer token-1', 'x'],
    ])
  })

  it('is followed five times and not for ever', async () => {
    const { call } = subject()
    for (let i = 0; i < 6; i++) server.script.push(status(302, { location: '/again' }))
    expect(await failureOf(call(server.url))).toMatchObject({ kind: 'distrust', code: 'redirected' })
    expect(server.asked).toHaveLength(6)
  })

  it('is left to a caller who wants to see it', async () => {
    const { call } = subject()
    server.script.push(status(302, { location: '/there' }))
    expect((await call(server.url, { redirect: 'manual' })).status).toBe(302)
  })

  it('is not followed for a Request that says so, nor is its digest forgotten', async () => {
    const { call } = subject()
    server.script.push(status(302, { location: '/2' }), status(302, { location: '/2' }))
    expect((await call(new Request(server.url, { redirect: 'manual' }))).status).toBe(302)
    await expect(call(new Request(server.url, { redirect: 'error' }))).rejects.toThrow(TypeError)
    const integrity = `sha256-${'A'.repeat(43)}=`
    await expect(call(new Request(server.url, { integrity }))).rejects.toThrow(TypeError)
    expect(server.asked).toHaveLength(3)
  })
})

describe('a signer', () => {
  it('authorizes every attempt anew, and renews nothing', async () => {
    let count = 0
    const signer: RequestSigner = {
      sign: async ({ method, url }) => [
        ['authorization', `Signed ${method} ${new URL(url).pathname} ${++count}`],
      ],
    }
    const { clock } = rig()
    const call = authorizedFetch(signer, server.api, { clock, random: () => 0 })
    server.script.push(status(503), status(200))
    await settle(call(`${server.url}/a`), clock)
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([
      'Signed GET /a 1',
      'Signed GET /a 2',
    ])
    server.script.push(status(401))
    expect(await failureOf(call(server.url))).toMatchObject({ code: 'token_rejected_again' })
  })

  it('that fails makes the call fail', async () => {
    const signer: RequestSigner = {
      sign: () => Promise.reject(new EvergrantError(fail('secret_unavailable'))),
    }
    const call = authorizedFetch(signer, server.api)
    expect(await failureOf(call(server.url))).toMatchObject({ code: 'secret_unavailable' })
  })
})

describe('what happens to calls', () => {
  it('is told without tokens, queries and bodies, and a listener that throws stops nothing', async () => {
    const { call, events } = subject()
    await call(`${server.url}/a?q=SECRET`, { method: 'POST', body: 'SECRET' })
    expect(events).toMatchObject([
      {
        type: 'call.ended',
        server: 'api',
        method: 'POST',
        hostname: '127.0.0.1',
        pathname: '/a',
        status: 200,
      },
    ])
    expect(JSON.stringify(events)).not.toMatch(/SECRET|token-1/)
    server.script.push(status(302, { location: '/to/token-1?a=token-1' }))
    await call(`${server.url}/a`)
    expect(events.at(-1)).toMatchObject({ pathname: '/to/‹redacted›' })
    const { call: other } = subject({
      onEvent: () => {
        throw new Error('listener')
      },
    })
    expect((await other(server.url)).status).toBe(200)
  })
})
