import { type Failure, type MessageProfile, readTokenResponse, type TokenSet } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { type BaiduOptions, baidu } from '../src/index.ts'

const NOW = 1_700_000_000_000
const DAY = 86_400_000

/** The shape of a live answer, with made-up secrets. */
const ANSWER =
  '{"access_token":"24.0123456789abcdef0123456789abcdef.2592000.1702592000.282335-1234567",' +
  '"session_key":"9mzdDo\\/secret-session","scope":"public brain_all_scope audio_voice_assistant_get",' +
  '"refresh_token":"25.0123456789abcdef0123456789abcdef.315360000.2015360000.282335-1234567",' +
  '"session_secret":"0123456789abcdef0123456789abcdef","expires_in":2592000}\n'

function read(status: number, body: string, profile: MessageProfile = baidu().profile) {
  return readTokenResponse(
    { status, headers: [['content-type', 'application/json']], body },
    {
      profile,
      sentAt: NOW,
      receivedAt: NOW,
      scopeRequested: undefined,
      lifetimeMsMax: 366 * DAY,
      retryAfterMsMax: 3_600_000,
      bodyBytesMax: 1e6,
      secrets: [],
    },
  )
}

function tokens(options?: BaiduOptions): TokenSet {
  const result = read(200, ANSWER, baidu(options).profile)
  if (!result.ok) throw new Error(result.failure.code)
  return result.tokens
}

function failure(status: number, body: unknown): Failure {
  const result = read(status, typeof body === 'string' ? body : JSON.stringify(body))
  if (result.ok) throw new Error('accepted')
  return result.failure
}

describe('the provider', () => {
  it('is the AI platform unless told otherwise, with the secret in the body and a window of a day', () => {
    expect(baidu()).toMatchObject({
      name: 'baidu',
      tokenEndpoint: 'https://aip.baidubce.com/oauth/2.0/token',
      clientSecretMethod: 'client_secret_post',
      renewWith: 'client_credentials',
      refreshTokenUse: 'single_use',
      policy: { renewBeforeMs: DAY },
    })
  })

  it('can be the classic platform or a sandbox, and send its parameters in the query', () => {
    expect(baidu({ endpoint: 'openapi' }).tokenEndpoint).toBe('https://openapi.baidu.com/oauth/2.0/token')
    expect(baidu({ endpoint: 'http://127.0.0.1:1/t' }).tokenEndpoint).toBe('http://127.0.0.1:1/t')
    expect(baidu({ parameters: 'query' }).clientSecretMethod).toBe('client_secret_query')
  })
})

describe('a token answer', () => {
  it('is read without a token type, and lives 30 days', () => {
    expect(tokens()).toMatchObject({
      tokenType: 'Bearer',
      expiresAt: NOW + 30 * DAY,
      lifetime: 'finite',
      scope: ['public', 'brain_all_scope', 'audio_voice_assistant_get'],
    })
  })

  it('leaves secrets behind that nobody needs, unless they are asked for', () => {
    expect(tokens().refreshToken).toBeUndefined()
    expect(Object.keys(tokens().extra)).toEqual([])
    expect(tokens({ renewWith: 'refresh_token' }).refreshToken).toMatch(/^25\./)
    expect(Object.keys(tokens({ keepSession: true }).extra)).toEqual(['session_key', 'session_secret'])
  })

  it('without expires_in goes by the expiry in the token', () => {
    const result = read(200, ANSWER.replace(',"expires_in":2592000', ''))
    expect(result).toMatchObject({ ok: true, tokens: { expiresAt: 1_702_592_000_000, lifetime: 'finite' } })
  })
})

describe('an error of the token endpoint', () => {
  it.each([
    [
      401,
      { error_description: 'unknown client id', error: 'invalid_client' },
      'configure',
      'invalid_client',
      'API Key',
    ],
    [
      401,
      { error_description: 'Client authentication failed', error: 'invalid_client' },
      'configure',
      'invalid_client',
      'Secret Key',
    ],
    [404, '<html>', 'configure', 'endpoint_not_found', 'grant_type'],
    [200, { error_code: 40002, error_msg: 'x' }, 'configure', '40002', 'Secret Key'],
    [200, { error_code: '40003' }, 'configure', '40003', 'HTTPS'],
    [403, { error_code: 40004 }, 'configure', '40004', 'IP'],
    [200, { error_code: 3, error_msg: 'Unsupported openapi method' }, 'configure', '3', 'Check the URL.'],
  ])('%i %j is of kind %s, with advice in two languages', (status, body, kind, code, words) => {
    const found = failure(status, body)
    expect(found).toMatchObject({ kind, code })
    expect(found.advice?.en).toMatch(/\.$/)
    expect(found.advice?.zh).toMatch(/[。]$/)
    expect(`${found.message} ${found.advice?.en}`).toContain(words)
  })

  it.each([
    [
      400,
      { error: 'invalid_request', error_description: 'invalid refresh token' },
      'reauthorize',
      'invalid_grant',
    ],
    [
      400,
      { error: 'expired_token', error_description: 'refresh token has been used' },
      'reauthorize',
      'invalid_grant',
    ],
    [400, { error: 'invalid_grant', error_description: 'revoked' }, 'reauthorize', 'invalid_grant'],
    [
      400,
      { error: 'invalid_request', error_description: 'The request is missing a required parameter' },
      'configure',
      'invalid_request',
    ],
    [400, { error: 'unsupported_grant_type' }, 'configure', 'unsupported_grant_type'],
    [400, { error: 'invalid_scope' }, 'configure', 'invalid_scope'],
    [200, { error_code: 18, error_msg: 'Open api qps request limit reached' }, 'retry', '18'],
    [503, 'busy', 'retry', 'temporarily_unavailable'],
  ])('%i %j is of kind %s', (status, body, kind, code) => {
    expect(failure(status, body)).toMatchObject({ kind, code })
  })

  it('that speaks of the security policy leaves the endpoint alone for a minute', () => {
    const body = { error: 'Trigger security policy', error_description: 'Please try again later' }
    expect(failure(400, body)).toMatchObject({ kind: 'retry', retryAfterMs: 60_000 })
  })

  it('quotes no more of a code than digits', () => {
    const odd = ['25.0123456789abcdef', '\u001b[31m', { a: 1 }, true, 1e300]
    for (const error_code of odd) {
      expect(failure(200, { error_code })).toMatchObject({ kind: 'retry', code: 'unknown_error' })
    }
    expect(failure(200, { error_code: '-3004' })).toMatchObject({ code: '-3004' })
  })

  it('is not seen in an error_code of 0', () => {
    for (const code of ['0', '"0"', 'null']) {
      expect(read(200, ANSWER.replace('{', `{"error_code":${code},`)).ok).toBe(true)
    }
  })
})
