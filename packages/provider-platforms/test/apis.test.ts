import type { Provider } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { fetchTransport, type TokenSource, tokenSource } from '@evergrant/runtime'
import { authorizedFetch } from '@evergrant/runtime/calls'
import { type PlatformName, type PlatformSandbox, platformSandbox } from '@evergrant/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { dingtalk, dingtalkApi, feishu, feishuApi, wechat, wechatApi, wecom, wecomApi } from '../src/index.ts'

const opened: (TokenSource | PlatformSandbox)[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

type Platform = readonly [
  name: PlatformName,
  path: string,
  preset: (origin: string) => Provider,
  api: (options: { origins: readonly string[] }) => ResourceServer,
]

const PLATFORMS: readonly Platform[] = [
  ['wechat', '/cgi-bin/get_api_domain_ip', origin => wechat({ origin }), wechatApi],
  ['wecom', '/cgi-bin/get_api_domain_ip', origin => wecom({ origin }), wecomApi],
  ['feishu', '/open-apis/bot/v3/info', origin => feishu({ origin }), feishuApi],
  ['dingtalk', '/v1.0/contact/users/me', origin => dingtalk({ origin }), dingtalkApi],
  ['dingtalk', '/topapi/v2/user/get', origin => dingtalk({ origin, endpoint: 'classic' }), dingtalkApi],
]

describe.each(PLATFORMS)('a call of %s at %s', (name, path, preset, api) => {
  it('is authorized, and made again with another token when its own is refused', async () => {
    const sandbox = await platformSandbox(name)
    const source = tokenSource({
      provider: preset(sandbox.url),
      client: sandbox.app,
      transport: fetchTransport({ allowInsecureLoopback: true }),
    })
    opened.push(source, sandbox)
    const call = authorizedFetch(source, api({ origins: [sandbox.url] }))
    const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    expect((await call(sandbox.url + path, post)).status).toBe(200)
    expect(sandbox.revoke()).toBe(1)
    expect((await call(sandbox.url + path, post)).status).toBe(200)
    expect(sandbox.counts).toEqual({ tokenRequests: 2, tokensIssued: 2, apiCalls: 3 })
  })
})

/** What a server says of an answer. */
function judged(api: ResourceServer, body: unknown, status = 200) {
  const answer = { status, body: JSON.stringify(body), header: () => undefined }
  return api.judge(answer, { hostname: 'h', pathname: '/' })
}

describe('an answer of an API', () => {
  it.each([
    [wechatApi(), { errcode: 40001, errmsg: 'invalid credential' }, 200],
    [wechatApi(), { errcode: 42001 }, 200],
    [wechatApi(), { errcode: 40014 }, 200],
    [wecomApi(), { errcode: 40014 }, 200],
    [wecomApi(), { errcode: 42001 }, 200],
    [feishuApi(), { code: 99991663, msg: 'Invalid access token' }, 400],
    [feishuApi(), { code: 99991661 }, 400],
    [feishuApi(), { code: 99991677 }, 400],
    [dingtalkApi(), { code: 'InvalidAuthentication', message: '不合法的access_token' }, 400],
    [dingtalkApi(), { errcode: 88, sub_code: '40014' }, 200],
  ])('of %o: %j is about the token', (api, body, status) => {
    expect(judged(api, body, status)).toMatchObject({ about: 'token', plain: status >= 400 })
  })

  it.each([
    [wechatApi(), { errcode: 48001 }, 'request', 'configure', '48001'],
    [wechatApi(), { errcode: 45011 }, 'limit', 'retry', '45011'],
    [wechatApi(), { errcode: -1 }, 'server', 'retry', '-1'],
    [wechatApi(), { errcode: 43_101, errmsg: 'user refuse' }, 'request', 'configure', '43101'],
    [wecomApi(), { errcode: 60020 }, 'request', 'configure', '60020'],
    [feishuApi(), { code: 99991400 }, 'limit', 'retry', '99991400'],
    [feishuApi(), { code: 99991673 }, 'request', 'configure', '99991673'],
    [dingtalkApi(), { errcode: 88, sub_code: '60011' }, 'request', 'configure', '60011'],
    [dingtalkApi(), { errcode: 88, sub_code: '90018' }, 'limit', 'retry', '90018'],
    [dingtalkApi(), { errcode: 90020 }, 'request', 'configure', '90020'],
    [dingtalkApi(), { errcode: 88 }, 'request', 'configure', '88'],
  ])('of %o: %j is about the %s', (api, body, about, kind, code) => {
    expect(judged(api, body)).toMatchObject({ about, kind, code })
  })

  it('tells how long its limit takes, as far as the platform says', () => {
    const perSecond = { code: 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', message: 'slowly' }
    expect(judged(dingtalkApi(), perSecond, 403)).toMatchObject({ about: 'limit', retryAfterMs: 1_000 })
    expect(judged(wechatApi(), { errcode: 45011 })).toMatchObject({ about: 'limit', retryAfterMs: 60_000 })
  })

  it.each([
    [wechatApi(), { errcode: 0, errmsg: 'ok' }],
    [wechatApi(), { ip_list: [] }],
    [feishuApi(), { code: 0, data: {} }],
    [dingtalkApi(), { result: {} }],
    [dingtalkApi(), { errcode: 0, sub_code: '40014' }],
  ])('of %o: %j is a success', (api, body) => {
    expect(judged(api, body)).toBeUndefined()
  })

  it('without a code is judged by its status', () => {
    expect(judged(feishuApi(), {}, 429)).toMatchObject({ about: 'limit', plain: true })
    expect(judged(feishuApi(), {}, 502)).toMatchObject({ about: 'server', plain: true })
    expect(judged(feishuApi(), {}, 404)).toBeUndefined()
  })
})
