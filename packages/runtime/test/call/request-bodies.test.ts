import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizedFetch } from '../../src/calls.ts'
import { type ApiServer, apiServer, status } from '../support/api-server.ts'
import { failureOf, rig } from '../support/rig.ts'

let server: ApiServer

beforeEach(async () => {
  server = await apiServer()
  server.valid.clear()
  server.valid.add('token-2')
})
afterEach(() => server[Symbol.asyncDispose]())

const calls = () => authorizedFetch(rig().source, server.api)
const bodies = () => server.asked.map(({ body }) => body)

function request(body: RequestInit['body'], type = 'text/plain'): Request {
  const init = { method: 'POST', body: body ?? null, headers: { 'content-type': type }, duplex: 'half' }
  return new Request(server.url, init as RequestInit)
}

describe('a body that a Request has made a stream of', () => {
  it.each([
    ['text', 'grüße'],
    ['bytes', new Uint8Array([0x67, 0x72])],
  ] as const)('is sent again when it was %s', async (_, body) => {
    expect((await calls()(request(body))).status).toBe(200)
    expect(server.asked).toHaveLength(2)
    expect(new Set(bodies()).size).toBe(1)
    expect(server.asked[1]?.headers).toMatchObject({ 'content-type': 'text/plain' })
  })

  it('comes as it was, though it is called a text and is none', async () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0x00])
    let seen: string | undefined
    server.script.push(({ body }, response) => {
      seen = body
      response.end()
    })
    await calls()(request(bytes, 'application/json'))
    expect(seen).toBe(Buffer.from(bytes).toString())
  })

  it('takes a token in, as a text that was given does', async () => {
    const { source } = rig()
    const call = authorizedFetch(source, { ...server.api, place: () => ({ in: 'json', name: 't' }) })
    server.script.push(status(200))
    await call(request('{"a":1}', 'application/json'))
    expect(bodies()).toEqual(['{"t":"token-1","a":1}'])
  })

  it('is not waited for when it is on its way yet', async () => {
    let finish = () => {}
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('first, '))
        finish = () => {
          controller.enqueue(Buffer.from('second'))
          controller.close()
        }
      },
    })
    server.valid.add('token-1')
    let started = false
    const send: typeof fetch = (...args) => {
      started = true
      return fetch(...args)
    }
    const sent = authorizedFetch(rig().source, server.api, { fetch: send })(request(stream))
    await expect.poll(() => started).toBe(true)
    finish()
    expect((await sent).status).toBe(200)
    expect(bodies()).toEqual(['first, second'])
  })

  it('is sent once when it is large, and its caller is told', async () => {
    const large = 'x'.repeat(2_000_000)
    expect(await failureOf(calls()(request(large)))).toMatchObject({ code: 'body_not_replayable' })
    expect(bodies().map(body => body.length)).toEqual([2_000_000])
  })

  it('that breaks off fails the call', async () => {
    const broken = new ReadableStream({
      pull: () => Promise.reject(new Error('the file is gone')),
    })
    await expect(calls()(request(broken))).rejects.toThrow('the file is gone')
  })
})

describe('a Request of another class', () => {
  it('is one', async () => {
    const { body, headers } = new Request(server.url, {
      method: 'POST',
      body: 'x',
      headers: { 'x-mine': '1' },
    })
    const given: unknown = {
      url: server.url,
      method: 'PUT',
      body,
      headers,
      redirect: 'follow',
      integrity: '',
    }
    expect((await calls()(given as Request)).status).toBe(200)
    expect(server.asked[1]).toMatchObject({ method: 'PUT', body: 'x', headers: { 'x-mine': '1' } })
  })
})
