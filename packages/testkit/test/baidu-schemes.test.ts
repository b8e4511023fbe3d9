import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '../src/index.ts'

const { bearerKey } = SANDBOX_APP
const RECOGNITION = '/rest/2.0/ocr/v1/general_basic'
/** The moment and the keys of a signature on which two SDKs of the platform agree. */
const NOW = Date.parse('2025-01-01T00:00:00Z')
const APP = { ...SANDBOX_APP, accessKeyId: 'ALTAKexampleid', secretAccessKey: 'examplesecret' }
const PREFIX = 'bce-auth-v1/ALTAKexampleid/2025-01-01T00:00:00Z/1800'
const VECTOR = `${PREFIX}/host;x-bce-date/0479c4028a5a1279dab75f9a4d50ad662ab67dfc2ed48a9c8fb30ee90fd33861`
const SIGNED = { host: 'aip.baidubce.com', 'x-bce-date': '2025-01-01T00:00:00Z', authorization: VECTOR }

let sandbox: BaiduSandbox

beforeEach(async () => {
  sandbox = await baiduSandbox({ apps: [APP], now: () => NOW })
})
afterEach(() => sandbox.close())

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

/** A request as it is written here: path, query and header fields are not touched on the way. */
function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<Answer> {
  const { port } = new URL(sandbox.url)
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers }, async response => {
      let text = ''
      for await (const chunk of response) text += chunk
      const { statusCode: status, headers: fields } = response
      resolve({ status, headers: fields, body: text === '' ? {} : JSON.parse(text) })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function recognise(headers: Readonly<Record<string, string>>, query = ''): Promise<Answer> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return send('POST', RECOGNITION + query, { ...type, ...headers }, 'image=x')
}

/** Signs by the description of the algorithm, where the canonical form needs no thought. */
function sign(path: string, query: string, { seconds = 1_800, date = '2025-01-01T00:00:00Z' } = {}) {
  const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')
  const host = new URL(sandbox.url).host
  const prefix = `bce-auth-v1/ALTAKexampleid/${date}/${seconds}`
  const key = hmac('examplesecret', prefix)
  const signature = hmac(key, `GET\n${path}\n${query}\nhost:${encodeURIComponent(host)}`)
  return { host, authorization: `${prefix}/host/${signature}` }
}

function exchange(query = '', headers?: Readonly<Record<string, string>>): Promise<Answer> {
  const path = '/v1/BCE-BEARER/token'
  return send('GET', query === '' ? path : `${path}?${query}`, headers ?? sign(path, query))
}

describe('a signed call', () => {
  it('is accepted with a signature on which two SDKs agree', async () => {
    expect((await recognise(SIGNED)).body).toMatchObject({ words_result_num: 2 })
  })

  it('is signed over default fields when it names none', async () => {
    const { host, authorization } = sign('/nothing', '')
    const unnamed = authorization.replace('/host/', '//')
    expect((await send('GET', '/nothing', { host, authorization: unnamed })).body).toMatchObject({
      error_code: 3,
    })
    expect((await exchange('', sign('/v1/BCE-BEARER/token', ''))).status).toBe(200)
  })

  it.each([
    ['another host', { host: 'qianfan.baidubce.com' }, ''],
    ['another date', { 'x-bce-date': '2025-01-01T00:00:01Z' }, ''],
    ['a parameter that was not signed', {}, '?a=b'],
    ['another signature', { authorization: VECTOR.replace(/.$/, '2') }, ''],
    ['half a signature', { authorization: VECTOR.slice(0, -1) }, ''],
    ['a newer version', { authorization: VECTOR.replace('v1', 'v2') }, ''],
    ['an unknown Access Key', { authorization: VECTOR.replace('exampleid', 'other') }, ''],
  ])('with %s is answered with 14', async (_, headers, query) => {
    const { status, body } = await recognise({ ...SIGNED, ...headers }, query)
    expect([status, body]).toMatchObject([200, { error_code: 14, error_msg: 'IAM Certification failed' }])
  })

  it('is accepted for as long as its signature lives, by a clock that may be a little ahead', async () => {
    for (const [at, accepted] of [
      [1_800_000, true],
      [1_801_000, false],
      [-300_000, true],
      [-301_000, false],
    ] as const) {
      sandbox.advance(at)
      expect([at, 'words_result' in (await recognise(SIGNED)).body]).toEqual([at, accepted])
      sandbox.advance(-at)
    }
  })
})

describe('a call with an API Key', () => {
  it('is accepted, and answered with 23 when the key is wrong', async () => {
    expect((await recognise({ authorization: `Bearer ${bearerKey}` })).body).toHaveProperty('words_result')
    for (const wrong of ['bce-v3/ALTAK-x/y', '', '24.x']) {
      expect(await recognise({ authorization: `Bearer ${wrong}` })).toMatchObject({
        status: 200,
        body: { error_code: 23, error_msg: 'IAM API-KEY authentication failed' },
      })
    }
  })

  it('may be one of speech, whose errors are its own', async () => {
    const speak = (key: string) =>
      send(
        'POST',
        '/server_api',
        { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        '{"format":"pcm"}',
      )
    expect((await speak(bearerKey)).body).toMatchObject({ err_no: 0 })
    expect((await speak('wrong')).body).toMatchObject({ err_no: 3302 })
  })

  it('counts for the calls of a second', async () => {
    sandbox.set({ qps: 1 })
    expect((await recognise({ authorization: `Bearer ${bearerKey}` })).body).toHaveProperty('words_result')
    expect((await recognise(SIGNED)).body).toMatchObject({ error_code: 18 })
  })
})

describe('a call of two schemes at once', () => {
  it.each([
    ['a key and a token', { authorization: `Bearer ${bearerKey}` }],
    ['a signature and a token', SIGNED],
  ])('%s is refused', async (_, headers) => {
    expect((await recognise(headers, '?access_token=24.x')).body).toMatchObject({ error_code: 14 })
  })
})

describe('the exchange of an Access Key', () => {
  it('gives a key that is accepted until it ends, or is revoked', async () => {
    const { status, headers, body } = await exchange('expireInSeconds=300')
    expect([status, headers.date]).toEqual([200, 'Wed, 01 Jan 2025 00:00:00 GMT'])
    expect(body).toEqual({
      userId: expect.stringMatching(/^[0-9a-f]{32}$/),
      token: expect.stringMatching(/^bce-v3\/ALTAK-.{21}\/[0-9a-f]{40}$/),
      status: 'enable',
      createTime: '2025-01-01T00:00:00Z',
      expireTime: '2025-01-01T00:05:00Z',
    })
    const authorization = `Bearer ${body.token}`
    expect((await recognise({ authorization })).body).toHaveProperty('words_result')
    expect((await recognise({}, `?access_token=${body.token}`)).body).toMatchObject({ error_code: 110 })
    sandbox.advance(300_000)
    expect((await recognise({ authorization })).body).toMatchObject({ error_code: 23 })
    sandbox.advance(-300_000)
    expect(sandbox.revoke()).toBe(1)
    expect((await recognise({ authorization })).body).toMatchObject({ error_code: 23 })
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, tokensIssued: 1 })
  })

  it('takes half an hour for granted, and a long-lived key in the place of a signature', async () => {
    const { body } = await exchange('', { authorization: `Bearer ${bearerKey}` })
    expect(body.expireTime).toBe('2025-01-01T00:30:00Z')
  })

  it.each([
    ['nothing', {}, 403, 'AccessDenied'],
    ['a wrong key', { authorization: 'Bearer x' }, 403, 'AccessDenied'],
    ['another scheme', { authorization: 'Basic x' }, 400, 'InvalidHTTPAuthHeader'],
    ['an unknown Access Key', { authorization: VECTOR.replace('exampleid', 'x') }, 403, 'InvalidAccessKeyId'],
    ['a signature for something else', SIGNED, 400, 'SignatureDoesNotMatch'],
    ['an old signature', { authorization: VECTOR.replace('2025', '2024') }, 400, 'RequestExpired'],
  ])('refuses %s', async (_, headers, status, code) => {
    expect(await exchange('', headers)).toMatchObject({
      status,
      body: { code, message: expect.any(String), requestId: expect.any(String) },
    })
    expect(sandbox.requests.at(-1)).toMatchObject({ path: '/v1/BCE-BEARER/token', outcome: code })
  })

  it.each(['299', '2592001', '1.5', 'x', ''])('refuses a life of %j seconds', async seconds => {
    expect(await exchange(`expireInSeconds=${seconds}`)).toMatchObject({
      status: 400,
      body: { code: 'InvalidParameter' },
    })
  })

  it('understands parameters however they are encoded', async () => {
    const path = '/v1/BCE-BEARER/token'
    const headers = sign(path, 'acl=%5B%22a%20b%22%5D&expireInSeconds=300')
    const sent = `${path}?expireInSeconds=300&acl=%5b"a+b"]&authorization=x`
    expect((await send('GET', sent, headers)).status).toBe(200)
  })

  it('misbehaves on demand, as the token endpoint does', async () => {
    sandbox.fault('gateway_403')
    expect(await exchange()).toMatchObject({
      status: 403,
      headers: { 'x-bce-error-code': 'IamSignatureInvalid' },
      body: {},
    })
    sandbox.fault('no_expires_in')
    expect(Object.keys((await exchange()).body)).toEqual(['userId', 'token', 'status'])
    sandbox.fault('lost_answer')
    await expect(exchange()).rejects.toThrow()
    expect(sandbox.counts).toMatchObject({ tokenRequests: 3, tokensIssued: 2 })
  })
})
