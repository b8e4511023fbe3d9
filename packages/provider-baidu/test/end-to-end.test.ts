import { env, fetchTransport, type TokenEvent, type TokenSource, tokenSource } from '@evergrant/runtime'
import { memoryStore } from '@evergrant/store-memory'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '@evergrant/testkit'
import { undiciTransport } from '@evergrant/transport-undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BaiduOptions, baidu } from '../src/index.ts'

const CLIENT = { id: SANDBOX_APP.apiKey, secret: SANDBOX_APP.secretKey }

let sandbox: BaiduSandbox
let source: TokenSource
let events: TokenEvent[]

beforeEach(async () => {
  sandbox = await baiduSandbox()
})
afterEach(async () => {
  await source.close()
  await sandbox.close()
})

function open(
  options: BaiduOptions = {},
  more: Partial<Parameters<typeof tokenSource>[0]> = {},
): TokenSource {
  source = tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint, ...options }),
    client: CLIENT,
    store: memoryStore(),
    transport: undiciTransport({ allowInsecureLoopback: true }),
    policy: { backoffMinMs: 1, backoffMaxMs: 5 },
    ...more,
  })
  events = []
  source.on(event => events.push(event))
  return source
}

async function failure(): Promise<Record<string, unknown>> {
  return source.token().then(
    () => ({}),
    error => error,
  )
}

describe('against the sandbox', () => {
  it.each([
    ['the form body', {}],
    ['the query', { parameters: 'query' }],
    ['a refresh token', { renewWith: 'refresh_token' }],
  ] as const)('a token is obtained and renewed with %s', async (_, options) => {
    const token = await open(options).token()
    expect(token.accessToken).toMatch(/^24\./)
    expect(token.scope).toContain('brain_all_scope')
    source.reject(token)
    expect((await source.token()).accessToken).not.toBe(token.accessToken)
    expect(sandbox.counts).toMatchObject({ tokenRequests: 2, tokensIssued: 2 })
  })

  it('works with keys from the environment and nothing but fetch', async () => {
    process.env.BAIDU_API_KEY = CLIENT.id
    process.env.BAIDU_SECRET_KEY = CLIENT.secret
    source = tokenSource({
      provider: baidu({ endpoint: sandbox.tokenEndpoint }),
      client: { id: env('BAIDU_API_KEY'), secret: env('BAIDU_SECRET_KEY') },
      transport: fetchTransport({ allowInsecureLoopback: true }),
    })
    expect((await source.token()).accessToken).toMatch(/^24\./)
    delete process.env.BAIDU_API_KEY
    delete process.env.BAIDU_SECRET_KEY
  })

  it('a thousand callers make one request', async () => {
    open()
    sandbox.set({ latencyMs: 20 })
    await Promise.all(Array.from({ length: 1000 }, () => source.token()))
    expect(sandbox.counts.tokenRequests).toBe(1)
  })

  it.each([
    ['reset', 'transport_failed'],
    ['json_503', 'temporarily_unavailable'],
    ['html_503', 'temporarily_unavailable'],
    ['lost_answer', 'transport_failed'],
  ] as const)('%s once is survived without the caller noticing', async (fault, code) => {
    sandbox.fault(fault)
    expect((await open().token()).accessToken).toMatch(/^24\./)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'renewal.failed', failure: expect.objectContaining({ code }) }),
    )
  })

  it.each([
    ['html_200', 'distrust', 'response_html'],
    ['empty_object', 'distrust', 'response_without_token'],
    ['security_policy', 'retry', 'temporarily_unavailable'],
  ] as const)('%s is a typed failure', async (fault, kind, code) => {
    sandbox.fault(fault)
    open()
    expect(await failure()).toMatchObject({ kind, code })
    expect(source.current()).toBeUndefined()
  })

  it('a token without expires_in lives as long as its text says', async () => {
    sandbox.fault('no_expires_in')
    const { expiresAt, lifetime } = await open().token()
    expect(lifetime).toBe('finite')
    expect(Math.abs(expiresAt - Date.now() - 2_592_000_000)).toBeLessThan(5_000)
  })

  it('wrong keys are told apart, in two languages, and tried once', async () => {
    open({}, { client: { id: 'WrongApiKey0000000000001', secret: CLIENT.secret } })
    for (let i = 0; i < 5; i++)
      expect(await failure()).toMatchObject({ kind: 'configure', code: 'invalid_client' })
    expect(await failure()).toMatchObject({
      advice: { en: expect.stringContaining('API Key'), zh: expect.stringContaining('API Key') },
    })
    expect(sandbox.counts.tokenRequests).toBe(1)
    await source.close()
    open({}, { client: { id: CLIENT.id, secret: 'WrongSecretKey000000000000000001' } })
    expect(await failure()).toMatchObject({
      advice: { en: expect.stringContaining('Secret Key does not belong') },
    })
  })

  it('keys of a wrong kind are remarked on before the first request', async () => {
    open({}, { client: { id: 'ALTAKsandbox', secret: CLIENT.secret } })
    await failure()
    expect(events[1]).toMatchObject({
      type: 'client.doubtful',
      advice: { en: expect.stringContaining('ALTAK') },
    })
  })

  it.each([
    ['swapped', { id: CLIENT.secret, secret: CLIENT.id }, 'swapped'],
    ['with a line break', { id: CLIENT.id, secret: `${CLIENT.secret}\n` }, 'white space'],
    ['of the account', { id: 'ALTAKsandbox', secret: CLIENT.secret }, 'Access Key of the account'],
    ['of the new kind', { id: 'bce-v3/ALTAK-x/y', secret: CLIENT.secret }, 'bce-v3/'],
  ])('keys that are %s fail with the advice that their shape calls for', async (_, client, words) => {
    open({}, { client })
    const { code, advice } = await failure()
    expect(code).toBe('invalid_client')
    expect(advice).toMatchObject({ en: expect.stringContaining(words), zh: expect.stringMatching(/。$/) })
  })

  it('no secret and no token is in anything that is told', async () => {
    open({ parameters: 'query' })
    sandbox.fault('reset', 3)
    const error = await failure()
    await source.token().catch(() => undefined)
    const { inspect } = await import('node:util')
    const told = inspect([error, events, source.explain(), source, source.current()], {
      depth: 10,
      showHidden: true,
    })
    expect(told).not.toContain(CLIENT.secret)
    expect(told).not.toMatch(/24\.[0-9a-f]{32}/)
  })
})
