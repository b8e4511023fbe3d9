import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizedFetch, type CallEvent, type ResourceServer } from '../../src/calls.ts'
import { type ApiServer, apiServer, status } from '../support/api-server.ts'
import { type FakeProof, fakeProof } from '../support/fake-proof.ts'
import { failureOf, numberedTokens, rig } from '../support/rig.ts'

const CHALLENGE = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' }

let server: ApiServer

beforeEach(async () => {
  server = await apiServer()
  server.valid.clear()
  server.valid.add('DPoP token-1')
})
afterEach(() => server[Symbol.asyncDispose]())

function subject(api: ResourceServer = server.api, proof: FakeProof = fakeProof(), limits = {}) {
  const numbered = numberedTokens()
  const { source } = rig({ client: { id: 'i', secret: 's', proof } }, async (request, limits) => {
    const response = typeof numbered === 'function' ? await numbered(request, limits) : undefined
    const members = { ...JSON.parse(response?.body ?? '{}'), token_type: 'DPoP' }
    return { status: 200, headers: [], body: JSON.stringify(members) }
  })
  const events: CallEvent[] = []
  const call = authorizedFetch(source, api, { limits, onEvent: event => events.push(event), random: () => 0 })
  return { call, source, proof, events }
}

describe('a call with a token that is bound to a key', () => {
  it('presents it in the scheme that tells, beside a proof for this very request', async () => {
    const { call, proof } = subject()
    const response = await call(`${server.url}/a?b=c#d`, { method: 'POST', body: 'x' })
    expect(await response.json()).toEqual({ echo: 'x' })
    expect(server.asked).toMatchObject([
      { url: '/a?b=c', authorization: 'DPoP token-1', headers: { dpop: 'key-2-none' } },
    ])
    expect(proof.proven.at(-1)).toEqual({
      method: 'POST',
      url: `${server.url}/a?b=c`,
      accessToken: 'token-1',
    })
  })

  it('is made again once when the API asks for its nonce, and the token is not to blame', async () => {
    const { call, proof, events } = subject()
    server.script.push(status(401, CHALLENGE))
    expect((await call(server.url, { method: 'POST', body: 'x' })).status).toBe(200)
    expect(server.asked.map(({ headers, body }) => [headers.dpop, body])).toEqual([
      ['key-2-none', 'x'],
      ['key-3-n-1', 'x'],
    ])
    expect(proof.log).toEqual(['prove', 'prove', 'n-1', 'prove'])
    expect(events).toMatchObject([{ type: 'call.ended', status: 200, attempts: 2 }])
  })

  it('has as many attempts left as before', async () => {
    const limits = { attemptsMax: 2, backoffMinMs: 1, backoffMaxMs: 1 }
    const { call } = subject(server.api, fakeProof(), limits)
    server.script.push(status(401, CHALLENGE), status(503))
    expect((await call(server.url)).status).toBe(200)
    expect(server.asked).toHaveLength(3)
  })

  it('is not made a third time, and the caller sees the answer', async () => {
    const { call } = subject()
    server.script.push(status(401, CHALLENGE), status(401, CHALLENGE))
    expect((await call(server.url)).status).toBe(401)
    expect(server.asked).toHaveLength(2)
  })

  it('hears of the nonce in every answer, good or bad', async () => {
    const { call, proof } = subject()
    server.script.push(status(200, { 'dpop-nonce': 'n-200' }), status(404, { 'dpop-nonce': 'n-404' }))
    await call(server.url)
    await call(server.url)
    expect(proof.log.filter(each => each !== 'prove')).toEqual(['n-200', 'n-404'])
  })

  it('may need a nonce and another token both', async () => {
    const { call } = subject()
    server.valid.clear()
    server.valid.add('DPoP token-2')
    const rejected = { 'www-authenticate': 'DPoP error="invalid_token"', 'dpop-nonce': 'n-2' }
    server.script.push(status(401, CHALLENGE), status(401, rejected))
    expect((await call(server.url)).status).toBe(200)
    expect(server.asked.map(({ authorization, headers }) => [authorization, headers.dpop])).toEqual([
      ['DPoP token-1', 'key-2-none'],
      ['DPoP token-1', 'key-3-n-1'],
      ['DPoP token-2', 'key-5-n-2'],
    ])
  })

  it('whose body is a stream is left to the caller, who finds the nonce known', async () => {
    const { call } = subject()
    server.script.push(status(401, CHALLENGE))
    const stream = () => new Blob(['x']).stream()
    expect(await failureOf(call(server.url, { method: 'POST', body: stream() }))).toMatchObject({
      kind: 'retry',
      code: 'body_not_replayable',
    })
    expect((await call(server.url, { method: 'POST', body: stream() })).status).toBe(200)
    expect(server.asked.at(-1)?.headers.dpop).toBe('key-3-n-1')
  })

  it('proves every hop of a redirect', async () => {
    const { call, proof } = subject()
    server.script.push(status(302, { location: '/elsewhere' }))
    expect((await call(server.url)).status).toBe(200)
    expect(proof.proven.slice(1).map(({ url }) => url)).toEqual([`${server.url}/`, `${server.url}/elsewhere`])
  })

  it('is not made where the token would stand elsewhere, or a proof stands already', async () => {
    const inQuery: ResourceServer = { ...server.api, place: () => ({ in: 'query', name: 't' }) }
    expect(await failureOf(subject(inQuery).call(server.url))).toMatchObject({ code: 'scheme_conflict' })
    const headers = { DPoP: 'mine' }
    expect(await failureOf(subject().call(server.url, { headers }))).toMatchObject({
      code: 'scheme_conflict',
    })
    expect(server.asked).toEqual([])
  })

  it('is not made without a proof', async () => {
    const { source } = subject()
    const { token, reject } = source
    const call = authorizedFetch({ token: token.bind(source), reject: reject.bind(source) }, server.api)
    expect(await failureOf(call(server.url))).toMatchObject({ kind: 'configure', code: 'invalid_option' })
    expect(server.asked).toEqual([])
  })
})
