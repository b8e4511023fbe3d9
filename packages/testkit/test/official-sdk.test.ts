import sdk from 'baidu-aip-sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '../src/index.ts'

let sandbox: BaiduSandbox
/** URLs that the SDK has asked for, without their origin, and the header fields that it sent. */
let asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> }[]

beforeEach(async () => {
  sandbox = await baiduSandbox()
  asked = []
  // The SDK's own way to change what it sends; nothing but the origin is changed.
  sdk.HttpClient.setRequestInterceptor(options => {
    const url = options.url.replace(/^https?:\/\/[^/]+/, '')
    asked.push({ url, headers: options.headers ?? {} })
    return { ...options, url: sandbox.url + url }
  })
})
afterEach(() => sandbox.close())

const { appId, apiKey, secretKey, accessKeyId, secretAccessKey } = SANDBOX_APP
const IMAGE = Buffer.from('image').toString('base64')

function translation(id = apiKey, secret = secretKey) {
  return new sdk.machineTranslation(appId, id, secret)
}
const translate = (client: ReturnType<typeof translation>) => client.texttransV1('zh', 'en', '你好')
const GOOD = { result: { trans_result: [{ src: '你好', dst: 'Hello' }] } }

describe("Baidu's own SDK, pointed at the sandbox,", () => {
  it('obtains a token and translates, with the suffix that breaks its token', async () => {
    const client = translation()
    expect(await translate(client)).toMatchObject(GOOD)
    expect(await translate(client)).toMatchObject(GOOD)
    expect(asked.map(({ url }) => url.replace(/24\.[^?]+/, '<token>'))).toEqual([
      '/oauth/2.0/token',
      '/rpc/2.0/mt/texttrans/v1?aipSdk=node&access_token=<token>?aipSdk=node',
      '/rpc/2.0/mt/texttrans/v1?aipSdk=node&access_token=<token>?aipSdk=node',
    ])
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 2 })
  })

  it('recognises text', async () => {
    const answer = await new sdk.ocr(appId, apiKey, secretKey).generalBasic(IMAGE)
    expect(answer).toMatchObject({ words_result_num: 2, words_result: [{ words: '百度智能云' }, {}] })
  })

  it('recognises speech and synthesises it', async () => {
    const client = new sdk.speech(appId, apiKey, secretKey)
    expect(await client.recognize(Buffer.alloc(100), 'pcm', 16_000)).toMatchObject({
      err_no: 0,
      result: ['北京天气'],
    })
    expect((await client.text2audio('你好')).data?.toString()).toContain('sound')
  })

  it('is answered in the sandbox’s errors as in the platform’s', async () => {
    const client = translation()
    for (const code of [6, 17, 18, 282_000]) {
      sandbox.faultApi(code)
      expect(await translate(client)).toMatchObject({ error_code: code })
    }
  })

  it('signs with an Access Key, which the sandbox verifies', async () => {
    expect(await translate(translation(accessKeyId, secretAccessKey))).toMatchObject(GOOD)
    expect(asked.at(-1)?.headers.authorization).toMatch(
      /^bce-auth-v1\/ALTAKSandboxAccessKey00001\/[^/]+\/1800\/content-type;host;x-bce-date\/[0-9a-f]{64}$/,
    )
    expect(await new sdk.ocr(appId, accessKeyId, secretAccessKey).generalBasic(IMAGE)).toMatchObject({
      words_result_num: 2,
    })
  })

  it('is refused where it signs a parameter that it does not send, which is speech', async () => {
    const speech = new sdk.speech(appId, accessKeyId, secretAccessKey)
    expect(await speech.recognize(Buffer.alloc(100), 'pcm', 16_000)).toMatchObject({ err_no: 3302 })
    expect(asked.at(-1)?.url).toBe('/server_api')
  })

  it('is refused with 14 when it signs with a wrong secret', async () => {
    expect(await translate(translation(accessKeyId, 'wrong'))).toMatchObject({
      error_code: 14,
      error_msg: 'IAM Certification failed',
    })
  })
})

describe('where the SDK does not recover, it does not recover here either:', () => {
  it('a revoked token is used for ever', async () => {
    const client = translation()
    await translate(client)
    sandbox.revoke()
    for (let i = 0; i < 3; i++) expect(await translate(client)).toMatchObject({ error_code: 110 })
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 4 })
  })

  it('twenty clients make twenty token requests', async () => {
    await Promise.all(Array.from({ length: 20 }, () => translate(translation())))
    expect(sandbox.counts).toMatchObject({ tokenRequests: 20, apiCalls: 20 })
  })

  it('a token that lives a day counts as expired at once, and the call goes out without any', async () => {
    sandbox.set({ lifetimeSeconds: 3_600 })
    const client = translation()
    expect(await translate(client)).toMatchObject({ error_code: 100 })
    expect(asked.at(-1)?.url).toBe('/rpc/2.0/mt/texttrans/v1?aipSdk=node')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 3, apiCalls: 1 })
  })

  it('one overload of the token endpoint makes it sign with the API Key for ever', async () => {
    sandbox.fault('json_503')
    const client = translation()
    for (let i = 0; i < 3; i++) expect(await translate(client)).toMatchObject({ error_code: 14 })
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, tokensIssued: 0, apiCalls: 3 })
  })

  it('an empty answer of the token endpoint becomes the token "undefined"', async () => {
    sandbox.fault('empty_object')
    const client = translation()
    for (let i = 0; i < 3; i++) expect(await translate(client)).toMatchObject({ error_code: 110 })
    expect(asked.at(-1)?.url).toContain('access_token=undefined')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 3 })
  })
})

describe('where the SDK recovers, it recovers here:', () => {
  it('a broken connection to the token endpoint fails one call, and the next one asks again', async () => {
    sandbox.fault('reset')
    const client = translation()
    await expect(translate(client)).rejects.toMatchObject({ errorType: 'ERRTYPE_NETWORK' })
    expect(await translate(client)).toMatchObject(GOOD)
  })

  it('so does a page in the place of a token', async () => {
    sandbox.fault('html_503')
    const client = translation()
    await expect(translate(client)).rejects.toMatchObject({ errorType: 'ERRTYPE_ILLEGAL_RESPONSE' })
    expect(await translate(client)).toMatchObject(GOOD)
  })
})
