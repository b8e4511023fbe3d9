import { fetchTransport, type TokenSource, tokenSource } from '@evergrant/runtime'
import { type AuthorizedFetch, authorizedFetch } from '@evergrant/runtime/calls'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP, virtualClock } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BaiduApiError, baiduApi } from '../src/calls.ts'
import { baidu } from '../src/index.ts'
import { hurriedClock } from './support/hurried-clock.ts'

const CLIENT = { id: SANDBOX_APP.apiKey, secret: SANDBOX_APP.secretKey }
const TRANSLATE = '/rpc/2.0/mt/texttrans/v1'
const JSON_BODY = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ q: '你好', from: 'zh', to: 'en' }),
}

let sandbox: BaiduSandbox
let source: TokenSource
let call: AuthorizedFetch

beforeEach(async () => {
  const clock = virtualClock()
  sandbox = await baiduSandbox({ now: clock.now })
  source = tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint }),
    client: CLIENT,
    transport: fetchTransport({ allowInsecureLoopback: true }),
    policy: { backoffMinMs: 1, backoffMaxMs: 5 },
  })
  call = authorizedFetch(source, baiduApi({ origins: [sandbox.url] }), {
    clock: hurriedClock(clock),
    retryUnsafe: true,
    limits: { backoffMinMs: 1 },
  })
})
afterEach(async () => {
  await source.close()
  await sandbox.close()
})

async function translation(): Promise<unknown> {
  const response = await call(sandbox.url + TRANSLATE, JSON_BODY)
  return ((await response.json()) as { result?: { trans_result: { dst: string }[] } }).result?.trans_result[0]
    ?.dst
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    error => error,
  )
}

describe('a call of an AI API', () => {
  it('just works', async () => {
    expect(await translation()).toBe('Hello')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 1 })
  })

  it.each([110, 111, 100])('that is answered with %d gets a new token and is made again', async code => {
    sandbox.faultApi(code)
    expect(await translation()).toBe('Hello')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 2, apiCalls: 2 })
  })

  it('survives a revoked token, a limit and an outage of the token endpoint', async () => {
    await translation()
    sandbox.revoke()
    sandbox.fault('json_503', 2)
    sandbox.set({ qps: 2 })
    expect(await Promise.all([translation(), translation()])).toEqual(['Hello', 'Hello'])
    sandbox.faultApi(18, 2)
    expect(await translation()).toBe('Hello')
  })

  it.each([1, 2, 4, 18, 282_000, 336_100])(
    'that is answered with %d is made again after a pause',
    async code => {
      sandbox.faultApi(code, 2)
      expect(await translation()).toBe('Hello')
      expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 3 })
    },
  )

  it.each([6, 14, 17, 19, 23, 216_100])(
    'that is answered with %d fails at once, and says why',
    async code => {
      sandbox.faultApi(code)
      const error = await failureOf(translation())
      expect(BaiduApiError.is(error)).toBe(true)
      expect(error).toMatchObject({
        kind: 'configure',
        code: String(code),
        advice: { zh: expect.any(String) },
      })
      expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 1 })
    },
  )

  it('that may have been carried out is not made again unless the caller agrees', async () => {
    sandbox.faultApi(282_000)
    const error = await failureOf(call(sandbox.url + TRANSLATE, { ...JSON_BODY, retryUnsafe: false }))
    expect(error).toMatchObject({ kind: 'retry', code: '282000' })
    expect(sandbox.counts.apiCalls).toBe(1)
  })

  it('whose new token is rejected too tells the reason', async () => {
    sandbox.faultApi(110, 100)
    expect(await failureOf(translation())).toMatchObject({
      name: 'BaiduApiError',
      code: '110',
      description: 'Access token invalid or no longer valid',
    })
    expect(sandbox.counts).toMatchObject({ tokenRequests: 2, apiCalls: 2 })
  })

  it('prints neither token nor secret, however it ends', async () => {
    const response = await call(`${sandbox.url}${TRANSLATE}?a=b`, JSON_BODY)
    const token = await source.token()
    expect(response.url).toBe(`${sandbox.url}${TRANSLATE}?a=b`)
    expect(response.clone().clone().url).toBe(response.url)
    sandbox.faultApi(6)
    const error = await failureOf(translation())
    const { inspect } = await import('node:util')
    const printed = [response, response.clone(), error, (error as Error).stack].map(each =>
      inspect(each, { depth: 9, showHidden: true }),
    )
    expect(printed.join('\n')).not.toContain(token.accessToken)
    expect(printed.join('\n')).not.toContain(SANDBOX_APP.secretKey)
  })
})

describe('speech', () => {
  it('is recognised with the token in the JSON body, and again after it was revoked', async () => {
    await source.token()
    sandbox.revoke()
    const response = await call(`${sandbox.url}/server_api`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ format: 'wav', rate: 16_000, channel: 1, cuid: 'x', speech: 'AAAA', len: 3 }),
    })
    expect(await response.json()).toMatchObject({ err_no: 0, result: ['北京天气'] })
    expect(sandbox.counts.tokenRequests).toBe(2)
  })

  it('is recognised from bare sound, with the token in the query', async () => {
    const response = await call(`${sandbox.url}/server_api?cuid=x&dev_pid=1537`, {
      method: 'POST',
      headers: { 'content-type': 'audio/wav;rate=16000' },
      body: new Uint8Array(100),
    })
    expect(await response.json()).toMatchObject({ err_no: 0 })
  })

  it('is synthesised with the token in the form, and again after it was revoked', async () => {
    await source.token()
    sandbox.revoke()
    const response = await call(`${sandbox.url}/text2audio`, {
      method: 'POST',
      body: new URLSearchParams({ tex: '你好', lan: 'zh', cuid: 'x', ctp: '1' }),
    })
    expect(response.headers.get('content-type')).toBe('audio/mp3')
    expect(Buffer.from(await response.arrayBuffer()).toString()).toContain('sound')
    expect(sandbox.counts.tokenRequests).toBe(2)
  })

  it('that may not be synthesised is told apart from a bad token', async () => {
    sandbox.faultApi(6)
    const init = { method: 'POST', body: new URLSearchParams({ tex: 'x' }) }
    expect(await failureOf(call(`${sandbox.url}/text2audio`, init))).toMatchObject({
      kind: 'configure',
      code: '502',
    })
    expect(sandbox.counts.tokenRequests).toBe(1)
  })
})
