import { inspect } from 'node:util'
import { type ErrorView, fail, type TokenRequest, tolerantProfile } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { clientSecretBasic, clientSecretPost, clientSecretQuery, env, secret } from '../src/index.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const REQUEST: TokenRequest = {
  endpoint: 'https://as.example/token',
  parameters: [['grant_type', 'client_credentials']],
  headers: [['accept', 'application/json']],
  secrets: [],
}

describe('a secret', () => {
  it('prints as ‹redacted›, whichever way it is printed', () => {
    for (const hidden of [secret(() => 'hunter2'), env('PATH')]) {
      const printed = [
        `${hidden}`,
        String(hidden),
        JSON.stringify({ hidden }),
        inspect({ hidden }),
        inspect(hidden),
      ]
      for (const text of printed) {
        expect(text).toContain('‹redacted›')
        expect(text).not.toContain('hunter2')
      }
    }
  })

  it('is read each time, so that it may change', async () => {
    let reads = 0
    const changing = secret(async () => `secret ${++reads}`)
    const post = clientSecretPost({ id: 'i', secret: changing })
    expect((await post.authenticate(REQUEST)).body).toContain('secret+1')
    expect((await post.authenticate(REQUEST)).body).toContain('secret+2')
  })

  it('that is empty is unavailable', async () => {
    const post = clientSecretPost({ id: 'i', secret: '' })
    expect(await failureOf(post.authenticate(REQUEST))).toMatchObject({ code: 'secret_unavailable' })
  })

  it('from an environment without the variable says which one', async () => {
    expect(() => env('EVERGRANT_NO_SUCH_VARIABLE').read()).toThrow('EVERGRANT_NO_SUCH_VARIABLE is not set')
  })
})

describe('a client authenticates', () => {
  const client = { id: 'id:&', secret: 's p/+&=ü' }

  it('in the form body', async () => {
    const request = await clientSecretPost(client).authenticate(REQUEST)
    expect(request).toMatchObject({ method: 'POST', url: REQUEST.endpoint })
    expect(Object.fromEntries(new URLSearchParams(request.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
    })
    expect(request.headers).toContainEqual(['content-type', 'application/x-www-form-urlencoded'])
    expect(request.secrets).toContain(client.secret)
  })

  it('in the Authorization header, form-encoded as RFC 6749 appendix B says', async () => {
    const request = await clientSecretBasic(client).authenticate(REQUEST)
    const [, header = ''] = request.headers.find(([name]) => name === 'authorization') ?? []
    expect(atob(header.replace('Basic ', ''))).toBe('id%3A%26:s+p%2F%2B%26%3D%C3%BC')
    expect(request.body).toBe('grant_type=client_credentials')
    expect(request.secrets).toContain(header.replace('Basic ', ''))
  })

  it('in the Authorization header as it is, for servers that do not decode', async () => {
    const request = await clientSecretBasic({ id: 'i', secret: 'a+b' }, { encoding: 'raw' }).authenticate(
      REQUEST,
    )
    const [, header = ''] = request.headers.find(([name]) => name === 'authorization') ?? []
    expect(atob(header.replace('Basic ', ''))).toBe('i:a+b')
  })

  it('in the URL, for servers that leave no other way', async () => {
    const request = await clientSecretQuery(client).authenticate(REQUEST)
    expect(request).toMatchObject({ method: 'POST', body: undefined })
    expect(new URL(request.url).searchParams.get('client_secret')).toBe(client.secret)
    const get = await clientSecretQuery(client, { method: 'GET' }).authenticate({
      ...REQUEST,
      endpoint: 'https://x/?a=1',
    })
    expect([get.method, get.url.startsWith('https://x/?a=1&grant_type=')]).toEqual(['GET', true])
  })

  it('in its own way', async () => {
    const { source, transport } = rig({
      client: {
        id: 'i',
        authentication: {
          authenticate: async request => ({ ...request, method: 'POST', url: request.endpoint, body: 'own' }),
        },
      },
    })
    await source.token()
    expect(transport.requests[0]?.body).toBe('own')
  })

  it('by each of the ways a provider may name', async () => {
    for (const clientSecretMethod of [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_query',
    ] as const) {
      const made = rig()
      const { provider } = {
        provider: { ...PROVIDER, clientSecretMethod },
      }
      const other = rig({ provider })
      await other.source.token()
      const [request] = other.transport.requests
      const place = request?.url.includes('the-s3cret')
        ? 'client_secret_query'
        : request?.body?.includes('the-s3cret')
          ? 'client_secret_post'
          : 'client_secret_basic'
      expect(place).toBe(clientSecretMethod)
      await made.source.close()
    }
  })
})

describe('a client secret that the token endpoint echoes', () => {
  it('is in nothing that is told, wherever it stands in the answer', async () => {
    const provider = {
      ...PROVIDER,
      profile: {
        ...tolerantProfile,
        classifyError: ({ header }: ErrorView) =>
          fail('invalid_client', { description: `${header('x-reason')}` }),
      },
    }
    const answers = [
      { status: 401, headers: [], body: '{"error":"x","error_description":"no \\u0074he-s3cret"}' },
      { status: 401, headers: [['X-Reason', 'no the%2Ds3cret']], body: '' },
    ] as const
    for (const answer of answers) {
      const { source } = rig({ provider }, answer)
      const error = await failureOf(source.token())
      expect(error).toMatchObject({ code: 'invalid_client', description: 'no ‹redacted›' })
      await source.close()
    }
  })
})

describe('a token', () => {
  it('prints everything but itself', async () => {
    const { source } = rig({}, () => ({
      status: 200,
      headers: [],
      body: '{"access_token":"token-s3cret","session_key":"k3y-s3cret"}',
    }))
    const token = await source.token()
    for (const text of [
      `${token}`,
      JSON.stringify(token),
      inspect(token),
      inspect({ token }, { depth: 9 }),
    ]) {
      expect(text).not.toContain('s3cret')
      expect(text).toContain(token.fingerprint)
    }
    expect(token.extra.session_key).toBe('k3y-s3cret')
    expect({ ...token }.accessToken).toBe('token-s3cret')
    expect(Object.isFrozen(token)).toBe(true)
  })
})

describe('a client id that is read', () => {
  const never = () => new Promise<string>(() => undefined)

  it('keeps nobody waiting longer than they want to', async () => {
    const { source, clock } = rig({ client: { id: secret(never), secret: 's' } })
    const giveUp = new AbortController()
    const waiting = [
      source.token({ timeoutMs: 500 }),
      source.token({ signal: giveUp.signal }),
      source.drop({ signal: AbortSignal.abort() }),
      source.identity(),
      source.watch().next(),
    ].map(failureOf)
    giveUp.abort()
    await clock.advance(500)
    expect(await waiting[0]).toMatchObject({ kind: 'retry', code: 'call_timed_out' })
    expect(await waiting[1]).toMatchObject({ code: 'aborted' })
    expect(await waiting[2]).toMatchObject({ code: 'aborted' })
    await clock.advance(30_000)
    expect(await waiting[3]).toMatchObject({ code: 'call_timed_out' })
    await source.close()
    expect(await waiting[4]).toMatchObject({ code: 'closed' })
    expect(clock.pending).toBe(0)
  })

  it('is missing in the words of this library when its source fails', async () => {
    const failing = secret(() => Promise.reject(new Error('vault: s3cret')))
    const error = await failureOf(rig({ client: { id: failing, secret: 's' } }).source.token())
    expect(error).toMatchObject({ kind: 'configure', code: 'secret_unavailable' })
    expect(inspect(error)).not.toContain('s3cret')
  })

  it('is read again for a grant that is kept warm, without anybody asking', async () => {
    let reads = 0
    const late = secret(() => (++reads < 3 ? Promise.reject(new Error('not yet')) : 'i'))
    const { source, clock } = rig({ client: { id: late, secret: 's' }, keepWarm: true })
    await clock.advance(25_000)
    expect(source.current()?.accessToken).toBe('token-1')
    await source.close()
    const closed = rig({ client: { id: secret(never), secret: 's' }, keepWarm: true })
    await closed.source.close()
    expect(closed.clock.pending).toBe(0)
  })
})
