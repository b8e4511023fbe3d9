import { inspect } from 'node:util'
import type { HttpRequest, Provider } from '@evergrant/core'
import { fetchTransport, type TokenSource, tokenSource } from '@evergrant/runtime'
import { jsonResponse, type PlatformSandbox, platformSandbox, scriptedTransport } from '@evergrant/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { dingtalk, feishu, wechat, wecom } from '../src/index.ts'

const opened: (TokenSource | PlatformSandbox)[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

/** The request that a provider is asked with, and the token that its answer brings. */
async function asked(
  provider: Provider,
  answer: unknown,
): Promise<readonly [HttpRequest | undefined, string]> {
  const transport = scriptedTransport(jsonResponse(answer))
  const source = tokenSource({ provider, client: { id: 'the-id', secret: 'the s&cret' }, transport })
  opened.push(source)
  const { accessToken } = await source.token()
  return [transport.requests[0], accessToken]
}

const WEIXIN = { access_token: 'T', expires_in: 7200 }

describe('a token is asked for', () => {
  it.each([
    [
      'WeChat, classic',
      wechat({ tokens: 'classic' }),
      WEIXIN,
      'https://api.weixin.qq.com/cgi-bin/token?grant_type=client_credential&appid=the-id&secret=the+s%26cret',
    ],
    [
      'WeCom',
      wecom(),
      { errcode: 0, errmsg: 'ok', ...WEIXIN },
      'https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=the-id&corpsecret=the+s%26cret',
    ],
    [
      'DingTalk, classic',
      dingtalk({ endpoint: 'classic' }),
      { errcode: 0, ...WEIXIN },
      'https://oapi.dingtalk.com/gettoken?appkey=the-id&appsecret=the+s%26cret',
    ],
  ])('of %s with a GET', async (_, provider, answer, url) => {
    const [request, token] = await asked(provider, answer)
    expect(request).toMatchObject({ method: 'GET', url, body: undefined })
    expect(request?.secrets).toContain('the s&cret')
    expect(token).toBe('T')
  })

  it.each([
    [
      'WeChat',
      wechat(),
      WEIXIN,
      'https://api.weixin.qq.com/cgi-bin/stable_token',
      { grant_type: 'client_credential', appid: 'the-id', secret: 'the s&cret' },
    ],
    [
      'WeChat by force',
      wechat({ forceRefresh: true }),
      WEIXIN,
      'https://api.weixin.qq.com/cgi-bin/stable_token',
      { grant_type: 'client_credential', force_refresh: true, appid: 'the-id', secret: 'the s&cret' },
    ],
    [
      'Feishu',
      feishu(),
      { code: 0, msg: 'ok', tenant_access_token: 'T', expire: 7200 },
      'https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal',
      { app_id: 'the-id', app_secret: 'the s&cret' },
    ],
    [
      'Lark',
      feishu({ origin: 'lark' }),
      { code: 0, msg: 'ok', tenant_access_token: 'T', expire: 7200 },
      'https://open.larksuite.com/open-apis/auth/v3/tenant_access_token/internal',
      { app_id: 'the-id', app_secret: 'the s&cret' },
    ],
    [
      'DingTalk',
      dingtalk(),
      { accessToken: 'T', expireIn: 7200 },
      'https://api.dingtalk.com/v1.0/oauth2/accessToken',
      { appKey: 'the-id', appSecret: 'the s&cret' },
    ],
  ])('of %s with JSON', async (_, provider, answer, url, body) => {
    const [request, token] = await asked(provider, answer)
    expect(request).toMatchObject({ method: 'POST', url })
    expect(request?.headers).toContainEqual(['content-type', 'application/json; charset=utf-8'])
    expect(JSON.parse(request?.body ?? '')).toEqual(body)
    expect(token).toBe('T')
  })

  it('and for nothing else: no platform here knows scopes', async () => {
    const source = tokenSource({ provider: wecom(), client: { id: 'i', secret: 's' }, scopes: ['all'] })
    opened.push(source)
    await expect(source.token()).rejects.toMatchObject({ kind: 'configure', code: 'invalid_scope' })
  })
})

const PLATFORMS = [
  ['wechat', (origin: string) => wechat({ origin })],
  ['wechat', (origin: string) => wechat({ origin, tokens: 'classic' })],
  ['wecom', (origin: string) => wecom({ origin })],
  ['feishu', (origin: string) => feishu({ origin })],
  ['dingtalk', (origin: string) => dingtalk({ origin })],
  ['dingtalk', (origin: string) => dingtalk({ origin, endpoint: 'classic' })],
] as const

describe.each(PLATFORMS)('the token endpoint of %s', (name, preset) => {
  async function open(client: Partial<PlatformSandbox['app']> = {}) {
    const sandbox = await platformSandbox(name)
    const source = tokenSource({
      provider: preset(sandbox.url),
      client: { ...sandbox.app, ...client },
      transport: fetchTransport({ allowInsecureLoopback: true }),
      policy: { backoffMinMs: 1, backoffMaxMs: 5 },
    })
    opened.push(source, sandbox)
    return { sandbox, source }
  }

  it.each([
    ['id', { id: 'someone-else' }],
    ['secret', { secret: 'another-secret' }],
  ])('refuses a wrong %s once, and says so in two languages', async (_, client) => {
    const { sandbox, source } = await open(client)
    const error = await source.token().catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      kind: 'configure',
      code: 'invalid_client',
      advice: { en: expect.any(String), zh: expect.stringMatching(/[一-鿿]/) },
    })
    await source.token().catch(() => undefined)
    expect(sandbox.counts.tokenRequests).toBe(1)
    expect(inspect(error, { depth: 10 })).not.toContain('another-secret')
  })

  it('is asked again when it is busy, and when an answer was lost', async () => {
    const { sandbox, source } = await open()
    sandbox.fault('busy')
    sandbox.fault('lost_answer')
    expect((await source.token()).lifetime).toBe('finite')
    expect(sandbox.counts.tokenRequests).toBe(3)
  })

  it('is left alone for a while when it limits the rate', async () => {
    const { sandbox, source } = await open()
    sandbox.fault('limit')
    const error = await source.token().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ kind: 'retry', retryAfterMs: expect.any(Number) })
    await source.token().catch(() => undefined)
    expect(sandbox.counts.tokenRequests).toBe(1)
  })
})

describe('an answer of a platform', () => {
  it.each([
    [{ errcode: 40164, errmsg: 'invalid ip 1.2.3.4' }, 'configure', '40164'],
    [{ errcode: '40164', errmsg: 'as text' }, 'configure', '40164'],
    [{ errcode: 61_450, errmsg: 'unheard of' }, 'retry', '61450'],
    [{ errcode: { no: 'code' } }, 'retry', 'unknown_error'],
    [{ expires_in: 7200 }, 'distrust', 'response_without_token'],
    [{ access_token: 'T', expires_in: 0 }, 'distrust', 'lifetime_not_positive'],
  ])('%j is a failure to %s', async (answer, kind, code) => {
    await expect(asked(wechat(), answer)).rejects.toMatchObject({ kind, code })
  })

  it.each([
    [feishu(), { code: 10015, msg: 'wrong app secret' }, 'configure', 'invalid_client'],
    [feishu(), { code: 10013, msg: 'get tenant access token fail' }, 'retry', '10013'],
    [feishu(), { code: 99991662, msg: 'app not in use' }, 'configure', '99991662'],
    [dingtalk({ endpoint: 'classic' }), { errcode: 40035 }, 'configure', 'invalid_client'],
    [dingtalk({ endpoint: 'classic' }), { errcode: 60020 }, 'configure', '60020'],
  ])('of %o: %j is a failure to %s', async (provider, answer, kind, code) => {
    await expect(asked(provider, answer)).rejects.toMatchObject({ kind, code })
  })

  it('that is a token has no members of the platform beside it', async () => {
    const transport = scriptedTransport(jsonResponse({ code: 0, tenant_access_token: 'T', expire: 7200 }))
    const source = tokenSource({ provider: feishu(), client: { id: 'i', secret: 's' }, transport })
    opened.push(source)
    expect((await source.token()).extra).toEqual({})
  })
})
