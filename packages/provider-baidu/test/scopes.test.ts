import { fetchTransport, type TokenSource, tokenSource } from '@evergrant/runtime'
import { authorizedFetch } from '@evergrant/runtime/calls'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BAIDU_SCOPES, baiduApi, baiduScopeAdvice, baiduScopesFor } from '../src/calls.ts'
import { baidu } from '../src/index.ts'

const OCR = '/rest/2.0/ocr/v1/general_basic'
const FORM = { method: 'POST', body: new URLSearchParams({ image: 'aGVsbG8=' }) }

let sandbox: BaiduSandbox
let source: TokenSource
beforeEach(async () => {
  // An application for speech alone.
  sandbox = await baiduSandbox({ apps: [{ ...SANDBOX_APP, scope: 'public audio_tts_post' }] })
  source = tokenSource({
    provider: baidu({ endpoint: sandbox.tokenEndpoint }),
    client: { id: SANDBOX_APP.apiKey, secret: SANDBOX_APP.secretKey },
    transport: fetchTransport({ allowInsecureLoopback: true }),
  })
})
afterEach(async () => {
  await source.close()
  await sandbox.close()
})

describe('a call that the application has no scope for', () => {
  it('is refused before it is made, with what to enable, where scopes are required', async () => {
    const call = authorizedFetch(source, baiduApi({ origins: [sandbox.url], requireScopes: true }))
    await expect(call(sandbox.url + OCR, FORM)).rejects.toMatchObject({
      kind: 'configure',
      code: 'insufficient_scope',
      message: expect.stringContaining('enable the AI service for the application in the console'),
      advice: { zh: expect.stringContaining('brain_all_scope') },
    })
    expect(sandbox.counts.apiCalls).toBe(0)
    const speech = await call(`${sandbox.url}/text2audio`, {
      method: 'POST',
      body: new URLSearchParams({ tex: 'hello' }),
    })
    expect(speech.headers.get('content-type')).toBe('audio/mp3')
  })

  it('is made all the same by default', async () => {
    const call = authorizedFetch(source, baiduApi({ origins: [sandbox.url] }))
    expect((await call(sandbox.url + OCR, FORM)).status).toBe(200)
  })
})

describe('the scopes of the platform', () => {
  it.each([
    ['aip.baidubce.com', OCR, ['brain_all_scope']],
    ['aip.baidubce.com', '/rpc/2.0/mt/texttrans/v1', ['brain_all_scope']],
    ['vop.baidu.com', '/server_api', ['audio_voice_assistant_get']],
    ['vop.baidu.com', '/pro_api', ['brain_enhanced_asr']],
    ['tsn.baidu.com', '/text2audio', ['audio_tts_post']],
    ['openapi.baidu.com', '/rest/2.0/passport/users/getInfo', []],
    ['pan.baidu.com', '/rest/2.0/xpan/nas', []],
    ['qianfan.baidubce.com', '/v2/chat/completions', []],
  ])('needed at %s%s are %j', (hostname, pathname, scopes) => {
    expect(baiduScopesFor({ hostname, pathname })).toEqual(scopes)
    for (const scope of scopes) expect(Object.keys(BAIDU_SCOPES)).toContain(scope)
  })

  it('are each explained in two languages', () => {
    for (const { meaning, enable } of Object.values(BAIDU_SCOPES)) {
      for (const { en, zh } of [meaning, enable]) {
        expect(en).toMatch(/^[\x20-\x7E]+$/)
        expect(zh).toMatch(/[一-鿿]/)
      }
    }
  })

  it('that nobody has heard of are told apart from those that are known', () => {
    const { en } = baiduScopeAdvice(['brain_all_scope', '__proto__'])
    expect(en).toContain('brain_all_scope is for the AI APIs')
    expect(en).toContain('. What __proto__ is for is not known here: enable it')
  })

  it('that nobody has heard of are answered with whole sentences', () => {
    const { en, zh } = baiduScopeAdvice(['nonsense'])
    expect(en).toMatch(/^What nonsense is for is not known here: .* Then drop the token/)
    expect(zh).toMatch(/^nonsense 未收录/)
  })
})
