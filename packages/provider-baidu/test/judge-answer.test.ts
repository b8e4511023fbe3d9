import type { ApiAnswer } from '@evergrant/core/calls'
import { describe, expect, it } from 'vitest'
import { AI_ERRORS, BaiduApiError, baiduApi } from '../src/calls.ts'

const api = baiduApi()
const AI = { hostname: 'aip.baidubce.com', pathname: '/rest/2.0/ocr/v1/general_basic' }
const ASR = { hostname: 'vop.baidu.com', pathname: '/server_api' }
const TTS = { hostname: 'tsn.baidu.com', pathname: '/text2audio' }

function judge(body: unknown, target = AI, more: Partial<ApiAnswer> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return api.judge({ status: 200, header: () => undefined, body: text, ...more }, target)
}

describe('an answer of an AI API', () => {
  it.each([
    { words_result: [] },
    { error_code: 0, error_msg: 'success' },
    { error_code: '0' },
    { error_code: null },
    '',
    'not json',
    '[{"error_code":110}]',
  ])('%j is no failure', body => {
    expect(judge(body)).toBeUndefined()
  })

  it('whose body was not looked into is no failure', () => {
    expect(api.judge({ status: 200, header: () => undefined, body: undefined }, AI)).toBeUndefined()
  })

  it.each([
    [110, 'token'],
    [111, 'token'],
    ['110', 'token'],
    [18, 'limit'],
    [4, 'limit'],
    [336_501, 'limit'],
    [336_502, 'limit'],
    [1, 'server'],
    [2, 'server'],
    [282_000, 'server'],
    [336_100, 'server'],
    [6, 'request'],
    [14, 'request'],
    [17, 'request'],
    [19, 'request'],
    [23, 'request'],
    [216_100, 'request'],
    [999_999, 'request'],
  ] as const)('of code %j is about the %s', (error_code, about) => {
    expect(judge({ error_code, error_msg: 'x' })).toMatchObject({
      about,
      code: String(error_code),
      plain: false,
    })
  })

  it('covers every line of the table', () => {
    for (const code of Object.keys(AI_ERRORS)) {
      expect(judge({ error_code: Number(code), error_msg: 'Invalid parameter' })).toMatchObject({ code })
    }
  })

  it.each([
    ['Invalid parameter', 'token'],
    ['Access token argument is invalid', 'token'],
    ['invalid parameter: image', 'request'],
    ['', 'request'],
  ])('of code 100 with the text %j is about the %s', (error_msg, about) => {
    expect(judge({ error_code: 100, error_msg })).toMatchObject({ about })
  })

  it('says how long to wait for a limit', () => {
    expect(judge({ error_code: 18 })?.retryAfterMs).toBe(1_000)
    expect(judge({ error_code: 336_501 })?.retryAfterMs).toBe(60_000)
    expect(judge({ error_code: 1 })?.retryAfterMs).toBeUndefined()
  })

  it('is untrusted text: cut, and freed of what could drive a terminal', () => {
    const failure = judge({
      error_code: `1${'\u001b'.repeat(100)}`,
      error_msg: `\u001b[31m${'x'.repeat(999)}`,
    })
    expect(failure?.code.length).toBeLessThanOrEqual(64)
    expect(`${failure?.code}${failure?.description}`).not.toContain('\u001b')
    expect(failure?.description?.length).toBeLessThan(300)
  })
})

describe('an answer of speech recognition', () => {
  it.each([
    [3302, 'authentication failed', 'token'],
    [3302, 'request pv too much', 'request'],
    [3302, 'sample rate', 'request'],
    [3303, '', 'server'],
    [3304, '', 'limit'],
    [3305, '', 'request'],
    [3300, '', 'request'],
    [9999, '', 'request'],
  ] as const)('of code %d with the text %j is about the %s', (err_no, err_msg, about) => {
    expect(judge({ err_no, err_msg, sn: 'x' }, ASR)).toMatchObject({ about, code: String(err_no) })
  })

  it('with code 0 is no failure', () => {
    expect(judge({ err_no: 0, err_msg: 'success.', result: ['x'] }, ASR)).toBeUndefined()
  })
})

describe('an answer of speech synthesis', () => {
  it.each([
    [502, 110, 'token'],
    [502, '111', 'token'],
    [502, 404, 'request'],
    [502, undefined, 'request'],
    [503, undefined, 'server'],
    [513, undefined, 'request'],
  ] as const)('of code %d and subcode %j is about the %s', (err_no, err_subcode, about) => {
    expect(judge({ err_no, err_subcode, err_msg: 'authentication failed.' }, TTS)).toMatchObject({ about })
  })

  it('that is sound is not looked into', () => {
    expect(api.looksInto?.(200, 'audio/mp3', TTS)).toBe(false)
    expect(api.looksInto?.(200, 'application/json', TTS)).toBe(true)
  })
})

describe('an answer of the gateway', () => {
  it('may have no body at all, and header fields instead', () => {
    const fields: Record<string, string> = {
      'x-bce-error-code': 'IamSignatureInvalid',
      'x-bce-error-message': 'Could not find credential.',
    }
    expect(judge('', AI, { status: 403, header: name => fields[name] })).toMatchObject({
      about: 'request',
      plain: true,
      code: 'IamSignatureInvalid',
      description: 'Could not find credential.',
      status: 403,
      advice: { en: expect.stringContaining('Access Key ID'), zh: expect.stringContaining('同一对') },
    })
  })

  it('has a name for an error that has none', () => {
    const empty = { header: (name: string) => (name.startsWith('x-bce') ? ' ' : undefined) }
    expect(judge({ code: ' ' }, AI, { ...empty, status: 403 })).toMatchObject({ code: 'unknown_error' })
    expect(judge('', AI, { ...empty, status: 403 })).toMatchObject({ code: 'http_403' })
    expect(judge({ error_code: '\u0000' })).toMatchObject({ code: 'unknown_error' })
  })

  it.each([
    [401, { error: { code: 'invalid_iam_token', message: 'no' } }, 'token', 'invalid_iam_token'],
    [401, { error: { code: 'invalid_model' } }, 'request', 'invalid_model'],
    [400, { code: 'SignatureDoesNotMatch', message: 'no' }, 'request', 'SignatureDoesNotMatch'],
    [429, {}, 'limit', 'http_429'],
    [500, { code: 'InternalError' }, 'server', 'InternalError'],
    [502, '<html>', 'server', 'http_502'],
    [404, '', 'request', 'http_404'],
  ] as const)('%d %j is about the %s', (status, body, about, code) => {
    expect(judge(body, AI, { status })).toMatchObject({ about, code, plain: true })
  })

  it('of the classic API says with a 401 what the AI APIs say with a 200', () => {
    expect(judge({ error_code: '110', error_msg: 'x' }, AI, { status: 401 })).toMatchObject({
      about: 'token',
    })
  })
})

describe('a bearer key that is refused', () => {
  const judged = (scheme: 'access_token' | 'bearer', error_code: number) =>
    baiduApi({ scheme }).judge(
      { status: 200, header: () => undefined, body: JSON.stringify({ error_code, error_msg: 'x' }) },
      AI,
    )

  it('is renewed where it was exchanged, and nowhere else', () => {
    expect(judged('bearer', 23)).toMatchObject({ about: 'token', code: '23' })
    expect(judged('access_token', 23)).toMatchObject({ about: 'request', code: '23' })
    expect(judged('bearer', 14)).toMatchObject({ about: 'request', code: '14' })
    expect(judged('bearer', 110)).toMatchObject({ about: 'token' })
  })
})

describe('the error that is thrown', () => {
  it('carries code, meaning, advice in two languages and the wait', () => {
    const failure = judge({ error_code: 18, error_msg: 'Open api qps request limit reached' })
    if (failure === undefined) throw new Error('no failure')
    const error = api.errorOf?.(failure)
    expect(BaiduApiError.is(error)).toBe(true)
    expect(error).toMatchObject({
      name: 'BaiduApiError',
      kind: 'retry',
      code: '18',
      retryAfterMs: 1_000,
      description: 'Open api qps request limit reached',
      meaning: { en: expect.stringContaining('per second'), zh: expect.stringContaining('QPS') },
      advice: { en: expect.stringContaining('Slow down'), zh: expect.stringContaining('降低') },
    })
    expect(BaiduApiError.is(new Error('x'))).toBe(false)
  })
})

describe('the token stands', () => {
  it.each([
    [AI, 'application/json', { in: 'query', name: 'access_token' }],
    [ASR, 'application/json', { in: 'json', name: 'token' }],
    [ASR, 'audio/wav;rate=16000', { in: 'query', name: 'token' }],
    [TTS, 'application/x-www-form-urlencoded', { in: 'form', name: 'tok' }],
  ])('for %j and a body of %s in %j', (target, type, place) => {
    expect(api.place?.(target, type)).toEqual(place)
    expect(api.credentialPlaces?.(target, type)).toContainEqual(place)
  })

  it('in the Authorization header when it is a bearer key', () => {
    expect(baiduApi({ scheme: 'bearer' }).place).toBeUndefined()
  })
})
