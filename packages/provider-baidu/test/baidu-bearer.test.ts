import { type HeaderList, readTokenResponse, type TokenRequest } from '@evergrant/core'
import { secret } from '@evergrant/runtime'
import { describe, expect, it } from 'vitest'
import { type BaiduBearerOptions, baiduBearer } from '../src/calls.ts'

const ACCESS = { accessKeyId: 'ALTAKexampleid', secretAccessKey: 'examplesecret' }
const KEY = 'bce-v3/ALTAK-abcdefghijklmnopqrstu/0123456789abcdef0123456789abcdef01234567'
const NOW = Date.parse('2024-03-06T06:32:46Z')
const ANSWER = {
  userId: '0123456789abcdef0123456789abcdef',
  token: KEY,
  status: 'enable',
  createTime: '2024-03-06T06:32:46Z',
  expireTime: '2024-03-06T07:32:46Z',
}

function read(status: number, body: unknown, headers: HeaderList = []) {
  return readTokenResponse(
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    {
      profile: baiduBearer(ACCESS).provider.profile,
      sentAt: NOW,
      receivedAt: NOW,
      scopeRequested: undefined,
      lifetimeMsMax: 1e12,
      retryAfterMsMax: 3_600_000,
      bodyBytesMax: 100_000,
      secrets: [],
    },
  )
}

function request(options: Partial<BaiduBearerOptions> = {}, more: Partial<TokenRequest> = {}) {
  const { provider, client } = baiduBearer({ ...ACCESS, now: () => NOW, ...options })
  return client.authentication.authenticate({
    endpoint: provider.tokenEndpoint,
    parameters: [['grant_type', 'client_credentials']],
    headers: [['accept', 'application/json']],
    secrets: [],
    ...more,
  })
}

describe('the request of an exchange', () => {
  it('says how long the key shall live, and is signed', async () => {
    const made = await request()
    expect(made).toMatchObject({
      method: 'GET',
      url: 'https://iam.bj.baidubce.com/v1/BCE-BEARER/token?expireInSeconds=3600',
      body: undefined,
    })
    expect(made.headers.slice(0, 2)).toEqual([
      ['accept', 'application/json'],
      ['x-bce-date', '2024-03-06T06:32:46Z'],
    ])
    const [, authorization = ''] = made.headers[2] ?? []
    expect(authorization).toMatch(
      /^bce-auth-v1\/ALTAKexampleid\/2024-03-06T06:32:46Z\/1800\/host;x-bce-date\//,
    )
    expect(made.secrets).toEqual([ACCESS.secretAccessKey, authorization])
  })

  it('goes elsewhere, asks for another life and reads its keys late where it is told so', async () => {
    const secretAccessKey = secret(() => 'the-latest')
    const made = await request({
      endpoint: 'http://127.0.0.1:1/t?a=b',
      lifetimeSeconds: 300,
      secretAccessKey,
    })
    expect(made.url).toBe('http://127.0.0.1:1/t?a=b&expireInSeconds=300')
    expect(made.secrets[0]).toBe('the-latest')
  })

  it.each([299, 2_592_001, 3600.5, Number.NaN])('cannot ask for a life of %d seconds', lifetimeSeconds => {
    expect(() => baiduBearer({ ...ACCESS, lifetimeSeconds })).toThrow('lifetimeSeconds')
  })

  it('is not made for scopes, which keys do not have', async () => {
    await expect(request({}, { parameters: [['scope', 'x']] })).rejects.toMatchObject({
      kind: 'configure',
      code: 'invalid_scope',
    })
  })

  it('is not made with a key of another kind', async () => {
    await expect(request({ accessKeyId: KEY })).rejects.toMatchObject({ code: 'key_unsuitable' })
  })
})

describe('the answer of an exchange', () => {
  it('is a key that lives as long as it says; whose account it is stays behind', () => {
    expect(read(200, ANSWER)).toEqual({
      ok: true,
      tokens: {
        accessToken: KEY,
        tokenType: 'Bearer',
        sentAt: NOW,
        expiresAt: NOW + 3_600_000,
        lifetime: 'finite',
        scope: undefined,
        refreshToken: undefined,
        extra: {},
      },
    })
  })

  it('counts the life from the clock of the server, for a key may be older than its answer', () => {
    const headers: HeaderList = [['Date', new Date(NOW + 3_000_000).toUTCString()]]
    expect(read(200, ANSWER, headers)).toMatchObject({ tokens: { expiresAt: NOW + 600_000 } })
  })

  it.each([
    ['no expiry', { ...ANSWER, expireTime: undefined }],
    ['an expiry that is no instant', { ...ANSWER, expireTime: 'tomorrow' }],
    ['an expiry of another type', { ...ANSWER, expireTime: 5 }],
  ])('with %s counts as short-lived', (_, answer) => {
    expect(read(200, answer)).toMatchObject({ tokens: { lifetime: 'unknown', expiresAt: NOW + 300_000 } })
  })

  it('without the moment of creation goes by the expiry alone', () => {
    const answer = { ...ANSWER, createTime: undefined }
    expect(read(200, answer)).toMatchObject({ tokens: { lifetime: 'finite', expiresAt: NOW + 3_600_000 } })
  })

  it.each([
    ['no key', { ...ANSWER, token: undefined }, 'response_without_token'],
    ['a key of another type', { ...ANSWER, token: 5 }, 'response_wrong_type'],
    ['a key with a space', { ...ANSWER, token: 'a b' }, 'token_malformed'],
    ['a key under another name', { access_token: KEY }, 'response_without_token'],
    ['a life that is over', { ...ANSWER, expireTime: ANSWER.createTime }, 'lifetime_not_positive'],
    ['a page', '<html>', 'response_html'],
  ])('with %s is refused', (_, answer, code) => {
    expect(read(200, answer)).toMatchObject({ ok: false, failure: { kind: 'distrust', code } })
  })
})

describe('an error of the exchange', () => {
  it.each([
    [403, 'AccessDenied', 'configure', 'permission'],
    [403, 'InvalidAccessKeyId', 'configure', 'Access Key ID'],
    [400, 'InvalidHTTPAuthHeader', 'configure', 'header'],
    [400, 'RequestExpired', 'configure', 'clock'],
    [400, 'SignatureDoesNotMatch', 'configure', 'Secret Access Key'],
    [403, 'OptInRequired', 'configure', 'console'],
    [500, 'InternalError', 'retry', 'pause'],
  ])('%d %s is of kind %s, with advice in two languages', (status, code, kind, words) => {
    const result = read(status, { code, message: 'no', requestId: '1' })
    expect(result).toMatchObject({
      ok: false,
      failure: {
        kind,
        code,
        status,
        description: 'no',
        message: expect.stringContaining(words),
        advice: { en: expect.stringMatching(/\.$/), zh: expect.stringMatching(/[\u4e00-\u9fff].*。$/) },
      },
    })
  })

  it('may have no body, and tell itself in header fields', () => {
    const headers: HeaderList = [
      ['X-Bce-Error-Code', 'IamSignatureInvalid'],
      ['X-Bce-Error-Message', 'Could not find credential.'],
    ]
    expect(read(403, '', headers)).toMatchObject({
      failure: {
        kind: 'configure',
        code: 'IamSignatureInvalid',
        description: 'Could not find credential.',
        advice: { zh: expect.any(String) },
      },
    })
  })

  it('may tell nothing at all', () => {
    expect(read(403, '')).toMatchObject({
      failure: { kind: 'configure', code: 'invalid_client', advice: { en: expect.stringContaining('pair') } },
    })
    expect(read(503, '')).toMatchObject({ failure: { kind: 'retry', code: 'temporarily_unavailable' } })
  })

  it('that nobody knows is tried again', () => {
    expect(read(400, { code: 'Strange', message: 'x' })).toMatchObject({
      failure: { kind: 'retry', code: 'Strange' },
    })
    expect(read(200, { ...ANSWER, code: 'Strange' }).ok).toBe(false)
  })
})
