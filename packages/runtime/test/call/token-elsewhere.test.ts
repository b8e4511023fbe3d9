import type { TokenPlace } from '@evergrant/core/calls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizedFetch } from '../../src/calls.ts'
import { type ApiServer, apiServer, status } from '../support/api-server.ts'
import { failureOf, rig } from '../support/rig.ts'

let server: ApiServer
let elsewhere: ApiServer

beforeEach(async () => {
  server = await apiServer(status(200))
  elsewhere = await apiServer(status(200))
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
})

/** Calls of the server with a token that stands in another place than the header. */
function calls(place: TokenPlace) {
  const { source, transport } = rig()
  transport.expect({ status: 200, headers: [], body: '{"access_token":"tok/en-1","expires_in":3600}' })
  return authorizedFetch(source, { ...server.api, place: () => place })
}

const inQuery = { in: 'query', name: 'access_token' } as const

describe('a token in the query', () => {
  it('goes nowhere else, though a server repeats the query in where it redirects to', async () => {
    server.script.push(({ url }, response) =>
      response.writeHead(308, { location: `${elsewhere.url}${url}&b=2` }).end(),
    )
    elsewhere.script.push(status(200, {}, 'elsewhere'))
    const response = await calls(inQuery)(`${server.url}/x?a=%20`, { method: 'POST', body: 'y' })
    expect([await response.text(), response.url]).toEqual(['elsewhere', `${elsewhere.url}/x?a=%20&b=2`])
    expect(elsewhere.asked.map(({ url }) => url)).toEqual(['/x?a=%20&b=2'])
  })

  it('is given anew where the server redirects to itself', async () => {
    server.script.push(({ url }, response) =>
      response.writeHead(301, { location: url.replace('/dir?', '/dir/?') }).end(),
    )
    server.script.push(status(200, {}, 'there'))
    expect(await (await calls(inQuery)(`${server.url}/dir?a=1`)).text()).toBe('there')
    expect(server.asked.map(({ url }) => url)).toEqual([
      '/dir?a=1&access_token=tok%2Fen-1',
      '/dir/?a=1&access_token=tok%2Fen-1',
    ])
  })

  it('ends the call where it cannot be left out', async () => {
    server.script.push(status(302, { location: `${elsewhere.url}/tok%2Fen-1/x` }))
    expect(await failureOf(calls(inQuery)(server.url))).toMatchObject({ code: 'redirected' })
    expect(elsewhere.asked).toEqual([])
  })
})

describe('a token in the body', () => {
  it.each([
    [{ in: 'json', name: 't' }, '{"a":1}', '{"t":"tok/en-1","a":1}'],
    [{ in: 'form', name: 't' }, 'a=1', 'a=1&t=tok%2Fen-1'],
  ] as const)('makes it longer than its caller has said: %o', async (place, body, sent) => {
    server.script.push(status(200))
    const headers = { 'content-length': String(body.length), 'x-mine': '1' }
    expect((await calls(place)(server.url, { method: 'POST', headers, body })).status).toBe(200)
    expect(server.asked[0]).toMatchObject({ body: sent, headers: { 'x-mine': '1' } })
  })
})
