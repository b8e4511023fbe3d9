import { Readable } from 'node:stream'
import type { ProofOfPossession, TokenSupply } from '@evergrant/core'
import { bearerApi, type ResourceServer } from '@evergrant/core/calls'
import type * as Undici from 'undici'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type * as Subject from '../../src/index.ts'
import { type ApiServer, answer, apiServer } from './api-server.ts'
import { type NumberedTokens, numberedTokens } from './numbered-tokens.ts'

const CHALLENGE = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' }

/** A proof without a key: what it was asked to prove, its number, and the last nonce. */
function fakeProof(): ProofOfPossession {
  let nonce = 'none'
  let count = 0
  return {
    thumbprint: async () => 'thumbprint',
    prove: async ({ method, url, accessToken }) => `${++count} ${method} ${url} ${accessToken} ${nonce}`,
    heed(_url, { status, header }) {
      nonce = header('dpop-nonce') ?? nonce
      return status === 401 && header('www-authenticate')?.includes('use_dpop_nonce') === true
    },
  }
}

/** What the interceptor promises of tokens that are bound to a key (RFC 9449), over one version of undici. */
export function boundCallSuite(undici: typeof Undici, subject: typeof Subject): void {
  let server: ApiServer
  let source: NumberedTokens
  let agent: Undici.Agent

  beforeEach(async () => {
    server = await apiServer()
    server.valid.clear()
    server.valid.add('DPoP token-1')
    source = numberedTokens()
    agent = new undici.Agent()
  })
  afterEach(async () => {
    await agent.close()
    await server.close()
  })

  function bound(proof: ProofOfPossession | undefined = fakeProof()): TokenSupply {
    const token = async (options?: Parameters<TokenSupply['token']>[0]) =>
      ({ ...(await source.token(options)), tokenType: 'DPoP' }) as const
    return { current: () => source.current(), token, reject: each => source.reject(each), proof }
  }

  async function call(
    path = '/a?b=c',
    options: Record<string, unknown> = {},
    supply = bound(),
    api: ResourceServer = bearerApi({ origins: [server.url] }),
  ) {
    const dispatcher = agent.compose(subject.authorize(supply, api))
    const { statusCode, body } = await undici.request(server.url + path, { dispatcher, ...options })
    return { statusCode, text: await body.text() }
  }

  function proofs(): unknown[] {
    return server.asked.map(({ headers }) => headers.dpop)
  }

  it('is presented in the scheme that tells, beside a proof for this very request', async () => {
    expect(await call('/a?b=c', { method: 'POST', body: 'x', headers: { 'x-mine': '1' } })).toEqual({
      statusCode: 200,
      text: '{"echo":"x"}',
    })
    expect(server.asked).toMatchObject([
      {
        authorization: 'DPoP token-1',
        headers: { dpop: `1 POST ${server.url}/a?b=c token-1 none`, 'x-mine': '1' },
      },
    ])
  })

  it('is presented again once when the API asks for its nonce, and is not to blame', async () => {
    server.script.push(answer(401, CHALLENGE, 'x'.repeat(100)))
    expect(await call('/', { method: 'PUT', body: 'x', headers: ['x-mine', '1'] })).toMatchObject({
      statusCode: 200,
      text: '{"echo":"x"}',
    })
    expect(proofs()).toEqual([`1 PUT ${server.url}/ token-1 none`, `2 PUT ${server.url}/ token-1 n-1`])
    expect(source.obtained).toBe(1)
  })

  it('is not presented a third time, and the caller sees the answer', async () => {
    server.script.push(answer(401, CHALLENGE), answer(401, CHALLENGE, 'no'))
    expect(await call()).toEqual({ statusCode: 401, text: 'no' })
    expect(server.asked).toHaveLength(2)
  })

  it('is replaced when it is rejected, though a nonce was asked for before', async () => {
    server.valid.clear()
    server.valid.add('DPoP token-2')
    server.script.push(answer(401, CHALLENGE))
    expect((await call()).statusCode).toBe(200)
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-1',
      'DPoP token-2',
    ])
  })

  it('has its proof made with the nonce of whatever answer came last', async () => {
    const supply = bound()
    server.script.push(answer(404, { 'dpop-nonce': 'n-404' }))
    await call('/', {}, supply)
    await call('/', {}, supply)
    expect(proofs().at(-1)).toContain('n-404')
  })

  it('cannot be presented again with a stream, which its caller is told', async () => {
    server.script.push(answer(401, CHALLENGE))
    const stream = { method: 'POST', body: Readable.from(['x']) } as const
    await expect(call('/', stream)).rejects.toMatchObject({ kind: 'retry', code: 'body_not_replayable' })
  })

  it('is not presented elsewhere, beside another proof, or without one', async () => {
    const api = bearerApi({ origins: [server.url] })
    const inQuery: ResourceServer = { ...api, place: () => ({ in: 'query', name: 't' }) }
    const conflict = { code: 'scheme_conflict' }
    await expect(call('/', {}, bound(), inQuery)).rejects.toMatchObject(conflict)
    for (const name of ['DPoP', 'authorization']) {
      await expect(call('/', { headers: { [name]: 'mine' } })).rejects.toMatchObject(conflict)
    }
    const { proof: _, ...unproven } = bound()
    source.cold = true
    const unusable = { kind: 'configure', code: 'invalid_option' }
    await expect(call('/', {}, unproven)).rejects.toMatchObject(unusable)
    const held = { ...unproven, current: () => ({ accessToken: 'token-1', tokenType: 'DPoP' }) as const }
    await expect(call('/', {}, held)).rejects.toMatchObject(unusable)
    expect(server.asked).toEqual([])
  })
}
