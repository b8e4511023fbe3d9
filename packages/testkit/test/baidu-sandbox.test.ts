import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP, TOKEN_FAULTS } from '../src/index.ts'

let sandbox: BaiduSandbox
let now: number

beforeEach(async () => {
  now = 1_700_000_000_000
  sandbox = await baiduSandbox({ now: () => now })
})
afterEach(() => sandbox.close())

const CREDENTIALS = {
  grant_type: 'client_credentials',
  client_id: SANDBOX_APP.apiKey,
  client_secret: SANDBOX_APP.secretKey,
}

function ask(parameters: Record<string, string> = CREDENTIALS, path = '/oauth/2.0/token'): Promise<Response> {
  return fetch(sandbox.url + path, { method: 'POST', body: new URLSearchParams(parameters) })
}

type Members = Record<string, unknown>

async function membersOf(response: Response): Promise<Members> {
  return (await response.json()) as Members
}

async function token(): Promise<string> {
  return String((await membersOf(await ask())).access_token)
}

async function translate(accessToken: string, body: object = { q: '你好', from: 'zh', to: 'en' }) {
  const url = `${sandbox.url}/rpc/2.0/mt/texttrans/v1?access_token=${accessToken}`
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, init)
  return { status: response.status, ...(await membersOf(response)) }
}

describe('the token endpoint', () => {
  it('answers exactly as the platform does', async () => {
    const response = await ask()
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      server: 'Apache',
      vary: 'Accept-Encoding',
      'content-encoding': 'gzip',
      'transfer-encoding': 'chunked',
    })
    const body = JSON.parse(text)
    expect(Object.keys(body)).toEqual([
      'access_token',
      'session_key',
      'scope',
      'refresh_token',
      'session_secret',
      'expires_in',
    ])
    expect(body.access_token).toMatch(/^24\.[0-9a-f]{32}\.2592000\.1702592000\.282335-1234567$/)
    expect(body.refresh_token).toMatch(/^25\.[0-9a-f]{32}\.315360000\.2015360000\.282335-1234567$/)
    expect(body.session_key).toMatch(/^9mzd/)
    expect(body.session_secret).toMatch(/^[0-9a-f]{32}$/)
    expect(body.expires_in).toBe(2_592_000)
    expect(body.scope).toContain('brain_all_scope')
    expect(text.endsWith('\n')).toBe(true)
  })

  it('understands GET, and parameters in the query', async () => {
    const query = new URLSearchParams(CREDENTIALS)
    expect((await fetch(`${sandbox.tokenEndpoint}?${query}`)).status).toBe(200)
    expect((await fetch(`${sandbox.tokenEndpoint}?${query}`, { method: 'POST' })).status).toBe(200)
  })

  it.each([
    [
      'no grant_type',
      { ...CREDENTIALS, grant_type: '' },
      400,
      'unsupported_grant_type',
      'The authorization grant type is not supported',
    ],
    [
      'no client_id',
      { ...CREDENTIALS, client_id: '' },
      400,
      'invalid_request',
      'The request is missing a required parameter',
    ],
    [
      'no client_secret',
      { ...CREDENTIALS, client_secret: '' },
      400,
      'invalid_request',
      'The request is missing a required parameter',
    ],
    ['an unknown id', { ...CREDENTIALS, client_id: 'x' }, 401, 'invalid_client', 'unknown client id'],
    [
      'a wrong secret',
      { ...CREDENTIALS, client_secret: 'x' },
      401,
      'invalid_client',
      'Client authentication failed',
    ],
    [
      'an unknown refresh token',
      { ...CREDENTIALS, grant_type: 'refresh_token' },
      400,
      'invalid_request',
      'invalid refresh token',
    ],
  ])('refuses %s in its own words', async (_, parameters, status, error, description) => {
    const response = await ask(parameters)
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toBe(`${JSON.stringify({ error_description: description, error })}\n`)
  })

  it('answers a wrong grant_type with 404, and an address with something at its end with a page', async () => {
    expect((await ask({ ...CREDENTIALS, grant_type: 'password' })).status).toBe(404)
    for (const path of ['/oauth/2.0/token/', '/oauth/2.0/token%20', '/oauth/2.0/token,']) {
      const response = await ask(CREDENTIALS, path)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
    }
  })

  it('takes a refresh token once', async () => {
    const { refresh_token } = await membersOf(await ask())
    const renew = () =>
      ask({ ...CREDENTIALS, grant_type: 'refresh_token', refresh_token: String(refresh_token) })
    expect((await renew()).status).toBe(200)
    expect(await (await renew()).json()).toEqual({
      error_description: 'refresh token has been used',
      error: 'expired_token',
    })
  })

  it.each(TOKEN_FAULTS)('misbehaves on demand: %s', async fault => {
    sandbox.fault(fault)
    const outcome = await fetch(sandbox.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams(CREDENTIALS),
      signal: AbortSignal.timeout(fault === 'silence' ? 200 : 30_000),
    })
      .then(async response => `${response.status} ${(await response.text()).slice(0, 15).trim()}`)
      .catch(error => error.name)
    expect(outcome).toBe(
      {
        reset: 'TypeError',
        lost_answer: 'TypeError',
        silence: 'TimeoutError',
        html_503: '503 <!DOCTYPE html>',
        json_503: '503 {"error_descrip',
        html_200: '200 <!DOCTYPE html>',
        empty_object: '200 {}',
        no_expires_in: '200 {"access_token"',
        security_policy: '400 {"error_descrip',
        gateway_403: '403 ',
      }[fault],
    )
    expect((await ask()).status).toBe(200)
    expect(sandbox.counts.tokensIssued).toBe(fault === 'lost_answer' || fault === 'no_expires_in' ? 2 : 1)
  })
})

describe('the APIs', () => {
  it('translate for those who have a token, whichever of several', async () => {
    const [first, second] = [await token(), await token()]
    for (const each of [first, second]) {
      expect(await translate(each)).toMatchObject({
        result: { trans_result: [{ src: '你好', dst: 'Hello' }] },
      })
    }
    expect(await translate(first, { q: 'x', to: 'fr' })).toMatchObject({
      result: { trans_result: [{ dst: '[fr] x' }] },
    })
    expect(await translate(first, {})).toMatchObject({ error_code: 216_100 })
  })

  it('forgive what the Node SDK appends to a token', async () => {
    const url = `${sandbox.url}/rpc/2.0/mt/texttrans/v1?aipSdk=node&access_token=${await token()}?aipSdk=node`
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"q":"x","to":"en"}',
    }
    expect(await (await fetch(url, init)).json()).toHaveProperty('result')
  })

  it('answer with 200 and a code: 100 without a token, 110 for a bad or revoked one, 111 for an expired one', async () => {
    expect(await translate('')).toMatchObject({ status: 200, error_code: 100 })
    expect(await translate('24.x')).toMatchObject({
      error_code: 110,
      error_msg: 'Access token invalid or no longer valid',
    })
    const [revoked, expired] = [await token(), await token()]
    expect(sandbox.revoke(revoked)).toBe(1)
    expect(await translate(revoked)).toMatchObject({ status: 200, error_code: 110 })
    expect(await translate(expired)).toHaveProperty('result')
    sandbox.advance(2_592_000_000)
    expect(await translate(expired)).toMatchObject({ error_code: 111, error_msg: 'Access token expired' })
    await token()
    await token()
    expect(sandbox.revoke()).toBe(2)
  })

  it('limit the calls of a second, and do not mind the next second', async () => {
    sandbox.set({ qps: 2 })
    const text = await token()
    expect(await translate(text)).toHaveProperty('result')
    expect(await translate(text)).toHaveProperty('result')
    expect(await translate(text)).toMatchObject({ error_code: 18 })
    sandbox.advance(1_000)
    expect(await translate(text)).toHaveProperty('result')
  })

  it('answer any code on demand', async () => {
    const text = await token()
    for (const code of [4, 6, 14, 17, 19, 23, 282_000, 336_100]) {
      sandbox.faultApi(code)
      expect(await translate(text)).toMatchObject({ status: 200, error_code: code })
    }
  })

  it('recognise text', async () => {
    const url = `${sandbox.url}/rest/2.0/ocr/v1/general_basic?access_token=${await token()}`
    const send = (form: Record<string, string>) =>
      fetch(url, { method: 'POST', body: new URLSearchParams(form) })
    expect(await (await send({ image: 'x' })).json()).toMatchObject({ words_result_num: 2 })
    expect(await (await send({})).json()).toMatchObject({ error_code: 216_200 })
  })

  it('recognise speech, with errors of their own that say three things at once', async () => {
    const send = async (accessToken: string) => {
      const body = JSON.stringify({ token: accessToken, format: 'pcm', rate: 16_000 })
      const headers = { 'content-type': 'application/json' }
      return (await fetch(`${sandbox.url}/server_api`, { method: 'POST', headers, body })).json()
    }
    const text = await token()
    expect(await send(text)).toMatchObject({ err_no: 0, result: ['北京天气'] })
    expect(await send('24.bad')).toMatchObject({ err_no: 3302, err_msg: 'authentication failed' })
    sandbox.faultApi(18)
    expect(await send(text)).toMatchObject({ err_no: 3304 })
    sandbox.faultApi(282_000)
    expect(await send(text)).toMatchObject({ err_no: 3303 })
  })

  it('synthesise speech: sound, or 502 with a subcode that tells a bad token from a missing permission', async () => {
    const send = (form: Record<string, string>) =>
      fetch(`${sandbox.url}/text2audio`, { method: 'POST', body: new URLSearchParams(form) })
    const tok = await token()
    expect((await send({ tok, tex: 'x' })).headers.get('content-type')).toBe('audio/mp3')
    expect(await (await send({ tok })).json()).toMatchObject({ err_no: 501 })
    expect(await (await send({ tok: 'bad', tex: 'x' })).json()).toMatchObject({
      err_no: 502,
      err_subcode: 110,
    })
    sandbox.faultApi(6)
    expect(await (await send({ tok, tex: 'x' })).json()).toMatchObject({ err_no: 502, err_subcode: 404 })
    sandbox.faultApi(282_000)
    expect(await (await send({ tok, tex: 'x' })).json()).toMatchObject({ err_no: 503 })
  })

  it('that do not exist say so', async () => {
    expect(await (await fetch(`${sandbox.url}/rest/2.0/nothing`)).json()).toMatchObject({ error_code: 3 })
  })
})

describe('the classic platform', () => {
  it('sends codes as text, and 401 for a bad token', async () => {
    const classic = await baiduSandbox({ classic: true, expiredCode: 110 })
    const response = await fetch(`${classic.url}/rest/2.0/ocr/v1/general_basic?access_token=x`, {
      method: 'POST',
    })
    expect([response.status, await response.json()]).toEqual([
      401,
      { error_code: '110', error_msg: 'Access token invalid or no longer valid' },
    ])
    await classic.close()
  })
})

describe('control over HTTP', () => {
  const control = async (verb: string, body?: object, init: RequestInit = {}) => {
    const response = await fetch(`${sandbox.url}/sandbox/${verb}`, {
      ...(body && {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
      ...init,
    })
    return { status: response.status, ...(await membersOf(response)) }
  }

  it('moves the clock, revokes, injects faults and changes settings', async () => {
    const text = await token()
    expect(await control('clock', { advanceMs: 5_000 })).toMatchObject({ status: 200, now: now + 5_000 })
    await control('fault', { fault: 'json_503', times: 2 })
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([503, 503, 200])
    await control('fault', { code: 6 })
    expect(await translate(text)).toMatchObject({ error_code: 6 })
    await control('fault', { fault: 'reset', times: 9 })
    await control('clear', {})
    await control('settings', { lifetimeSeconds: 60, latencyMs: 1 })
    expect(await (await ask()).json()).toMatchObject({ expires_in: 60 })
    await control('revoke', {})
    expect(await translate(text)).toMatchObject({ error_code: 110 })
    expect(await control('state')).toMatchObject({ tokenRequests: 5, tokensIssued: 3, apiCalls: 2 })
  })

  it.each([
    ['clock', { advanceMs: 'soon' }],
    ['revoke', { token: 5 }],
    ['fault', { fault: 'earthquake' }],
    ['fault', { fault: 'reset', times: 0 }],
    ['settings', { qps: -1 }],
  ])('says what is wrong with %s %j', async (verb, body) => {
    expect(await control(verb, body)).toMatchObject({
      status: 400,
      problem: expect.stringContaining('must be'),
    })
  })

  it('knows its verbs', async () => {
    expect(await control('dance', {})).toMatchObject({
      status: 404,
      known: expect.arrayContaining(['clock']),
    })
    expect(await control('clock')).toMatchObject({ status: 405 })
  })

  it('is not for names that only resolve to this machine', async () => {
    const { port } = new URL(sandbox.url)
    const { request } = await import('node:http')
    const status = await new Promise(resolve => {
      request({ port, path: '/sandbox/state', headers: { host: 'evil.example' } }, response => {
        response.resume()
        resolve(response.statusCode)
      }).end()
    })
    expect(status).toBe(403)
  })
})

describe('a sandbox', () => {
  it('keeps a log without secrets', async () => {
    await ask()
    await translate('bad')
    expect(sandbox.requests).toEqual([
      { at: now, path: '/oauth/2.0/token', appId: '1234567', outcome: 'token' },
      { at: now, path: '/rpc/2.0/mt/texttrans/v1', appId: '', outcome: '110' },
    ])
  })

  it('needs an application and a free port', async () => {
    await expect(baiduSandbox({ apps: [] })).rejects.toThrow('needs an application')
    await expect(baiduSandbox({ port: Number(new URL(sandbox.url).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
