import { inspect } from 'node:util'
import {
  type EvergrantError,
  fetchTransport,
  secret,
  type TokenSource,
  tokenSource,
} from '@evergrant/runtime'
import { authorizedFetch, type CallAuthorization, type CallEvent } from '@evergrant/runtime/calls'
import { type BaiduSandbox, baiduSandbox, SANDBOX_APP } from '@evergrant/testkit'
import { authorizedDispatcher } from '@evergrant/transport-undici'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type BaiduApiOptions,
  type BaiduBearerOptions,
  baiduApi,
  baiduApiKey,
  baiduBearer,
  bceSigner,
} from '../src/calls.ts'
import { baidu } from '../src/index.ts'
import { hurriedClock } from './support/hurried-clock.ts'

const TRANSLATE = '/rpc/2.0/mt/texttrans/v1'
const JSON_BODY = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ q: '你好', to: 'en' }),
} as const
const { accessKeyId, secretAccessKey, bearerKey } = SANDBOX_APP
const ACCESS_KEY = { accessKeyId, secretAccessKey }

let sandbox: BaiduSandbox
let events: CallEvent[]
const open: TokenSource[] = []

beforeEach(async () => {
  sandbox = await baiduSandbox()
  events = []
})
afterEach(async () => {
  await Promise.all(open.splice(0).map(source => source.close()))
  await sandbox.close()
})

function opened(source: TokenSource): TokenSource {
  open.push(source)
  return source
}

const transport = fetchTransport({ allowInsecureLoopback: true })
const policy = { backoffMinMs: 1, backoffMaxMs: 5 }

function tokens(): TokenSource {
  const client = { id: SANDBOX_APP.apiKey, secret: SANDBOX_APP.secretKey }
  return opened(
    tokenSource({ provider: baidu({ endpoint: sandbox.tokenEndpoint }), client, transport, policy }),
  )
}

function bearers(options: Partial<BaiduBearerOptions> = {}): TokenSource {
  const exchange = baiduBearer({ ...ACCESS_KEY, endpoint: sandbox.bearerEndpoint, ...options })
  return opened(tokenSource({ ...exchange, transport, policy }))
}

function caller(authorization: CallAuthorization, scheme: BaiduApiOptions['scheme'] = 'access_token') {
  return authorizedFetch(authorization, baiduApi({ origins: [sandbox.url], scheme }), {
    clock: hurriedClock(),
    onEvent: event => events.push(event),
  })
}

type Call = ReturnType<typeof caller>

async function translation(call: Call, query = ''): Promise<unknown> {
  const answer = await (await call(sandbox.url + TRANSLATE + query, JSON_BODY)).json()
  return (answer as { result?: { trans_result: { dst: string }[] } }).result?.trans_result[0]?.dst
}

async function failureOf(promise: Promise<unknown>): Promise<EvergrantError> {
  return promise.then(
    value => Promise.reject(new Error(`it succeeded: ${value}`)),
    error => error,
  )
}

/** All ways to authorize a call. */
const SCHEMES: readonly (readonly [string, () => Call])[] = [
  ['an access token', () => caller(tokens())],
  ['a signature', () => caller(bceSigner(ACCESS_KEY))],
  ['an API Key', () => caller(baiduApiKey(bearerKey))],
  ['an exchanged key', () => caller(bearers(), 'bearer')],
]

describe.each(SCHEMES)('a call with %s', (_, open) => {
  it('is accepted by every API of the sandbox', async () => {
    const call = open()
    expect(await translation(call)).toBe('Hello')
    const form = { method: 'POST', body: new URLSearchParams({ image: 'x', "odd!'()*": 'a b' }) }
    const query = "?a=%e4%bd%a0&b=1+1&c=!'()*&d&%64=%2B"
    const ocr = await call(`${sandbox.url}/rest/2.0/ocr/v1/general_basic${query}`, form)
    expect(await ocr.json()).toMatchObject({ words_result_num: 2 })
    const speech = await call(`${sandbox.url}/server_api`, { ...JSON_BODY, body: '{"format":"pcm"}' })
    expect(await speech.json()).toMatchObject({ err_no: 0 })
    const sound = await call(`${sandbox.url}/text2audio`, {
      method: 'POST',
      body: new URLSearchParams({ tex: 'x' }),
    })
    expect(sound.headers.get('content-type')).toBe('audio/mp3')
  })

  it('is made again after a limit, authorized anew', async () => {
    sandbox.faultApi(18)
    expect(await translation(open())).toBe('Hello')
    expect(events.map(({ type }) => type)).toEqual(['call.paused', 'call.ended'])
  })

  it.each([
    [
      'an Authorization header',
      { headers: { ...JSON_BODY.headers, authorization: 'Bearer mine' } },
      TRANSLATE,
    ],
    ['a token in the query', {}, `${TRANSLATE}?access_token=24.mine`],
    ['an encoded token in the query', {}, `${TRANSLATE}?access%5Ftoken=24.mine`],
    ['a token in the query of speech', {}, '/server_api?token=24.mine'],
    ['a token in the JSON of speech', { body: '{"token":"24.mine"}' }, '/server_api'],
    ['a token in the form of speech', { body: new URLSearchParams({ tok: '24.mine' }) }, '/text2audio'],
    ['a token in the query of synthesis', {}, '/text2audio?tok=24.mine'],
  ])('that brings %s along is refused before it is sent', async (_, init, path) => {
    const error = await failureOf(open()(sandbox.url + path, { ...JSON_BODY, ...init }))
    expect(error).toMatchObject({ kind: 'configure', code: 'scheme_conflict' })
    expect(sandbox.counts.apiCalls).toBe(0)
  })
})

describe('a signature', () => {
  it('that is refused is not tried again', async () => {
    const call = caller(bceSigner({ accessKeyId, secretAccessKey: 'wrong' }))
    expect(await failureOf(translation(call))).toMatchObject({ kind: 'configure', code: '14' })
    expect(sandbox.counts.apiCalls).toBe(1)
  })

  it('is of the moment at which it is sent, whatever the clock was before', async () => {
    let now = sandbox.now
    const call = caller(bceSigner({ ...ACCESS_KEY, now: () => now }))
    sandbox.advance(3_600_000)
    expect(await failureOf(translation(call))).toMatchObject({ code: '14' })
    now = sandbox.now
    expect(await translation(call)).toBe('Hello')
  })

  it('is made with the keys of the moment', async () => {
    let current = 'wrong'
    const call = caller(bceSigner({ accessKeyId, secretAccessKey: secret(() => current) }))
    await failureOf(translation(call))
    current = secretAccessKey
    expect(await translation(call)).toBe('Hello')
  })
})

describe('an API Key', () => {
  it('that is refused is not tried again, and is never shown', async () => {
    const wrong = 'bce-v3/ALTAK-abcdefghijklmnopqrstu/0123456789abcdef0123456789abcdef01234567'
    const error = await failureOf(translation(caller(baiduApiKey(wrong))))
    expect(error).toMatchObject({ kind: 'configure', code: '23', advice: { zh: expect.any(String) } })
    expect(inspect([error, events, error.stack], { depth: 9, showHidden: true })).not.toContain(wrong)
    expect(sandbox.counts.apiCalls).toBe(1)
  })

  it('of another kind is not sent at all', async () => {
    const call = caller(baiduApiKey(SANDBOX_APP.apiKey))
    expect(await failureOf(translation(call))).toMatchObject({ kind: 'configure', code: 'key_unsuitable' })
    expect(sandbox.counts.apiCalls).toBe(0)
  })
})

describe('an exchanged key', () => {
  it('is obtained once for any number of callers, and lives as long as was asked for', async () => {
    const source = bearers({ lifetimeSeconds: 600 })
    const call = caller(source, 'bearer')
    await Promise.all(Array.from({ length: 50 }, () => translation(call)))
    expect(sandbox.counts).toMatchObject({ tokenRequests: 1, apiCalls: 50 })
    const { accessToken, expiresAt, lifetime } = await source.token()
    expect(accessToken).toMatch(/^bce-v3\/ALTAK-/)
    expect(lifetime).toBe('finite')
    expect(Math.abs(expiresAt - Date.now() - 600_000)).toBeLessThan(5_000)
  })

  it('that was revoked is replaced, and the call made again', async () => {
    const call = caller(bearers(), 'bearer')
    await translation(call)
    sandbox.revoke()
    expect(await translation(call)).toBe('Hello')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 2, apiCalls: 3 })
  })

  it('survives an outage of the exchange', async () => {
    sandbox.fault('json_503')
    sandbox.fault('reset')
    expect(await translation(caller(bearers(), 'bearer'))).toBe('Hello')
  })

  it.each([
    ['an unknown Access Key', { accessKeyId: 'ALTAKunknown' }, 'InvalidAccessKeyId', 'Access Key ID'],
    ['a wrong secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch', 'same pair'],
    ['a clock that is wrong', { now: () => 0 }, 'RequestExpired', 'clock'],
    ['the keys of an application', { accessKeyId: SANDBOX_APP.apiKey }, 'key_unsuitable', 'baidu()'],
  ])(
    'cannot be had with %s, which is told in two languages, and tried once',
    async (_, options, code, en) => {
      const source = bearers(options)
      for (let i = 0; i < 3; i++) {
        expect(await failureOf(source.token())).toMatchObject({
          kind: 'configure',
          code,
          advice: { en: expect.stringContaining(en), zh: expect.stringMatching(/。$/) },
        })
      }
      expect(sandbox.counts.tokenRequests).toBe(code === 'key_unsuitable' ? 0 : 1)
    },
  )

  it('cannot be had from a gateway that answers without a word', async () => {
    sandbox.fault('gateway_403')
    const error = await failureOf(bearers().token())
    expect(error).toMatchObject({
      kind: 'configure',
      code: 'IamSignatureInvalid',
      status: 403,
      description: expect.stringContaining('Could not find credential'),
    })
  })

  it('leaves neither key nor signature in anything that is told', async () => {
    const source = bearers()
    const told: unknown[] = []
    source.on(event => told.push(event))
    const { accessToken } = await source.token()
    sandbox.fault('gateway_403')
    source.reject(accessToken)
    told.push(await failureOf(source.token()), source.explain(), source)
    const printed = inspect(told, { depth: 10, showHidden: true })
    expect(printed).not.toContain(accessToken)
    expect(printed).not.toContain(secretAccessKey)
    expect(printed).not.toContain('bce-auth-v1')
  })
})

describe('over undici', () => {
  const ask = async (dispatcher: ReturnType<typeof authorizedDispatcher>, path = TRANSLATE) => {
    const { body } = await request(sandbox.url + path, { ...JSON_BODY, dispatcher })
    return body.json()
  }

  it('an exchanged key stands in the header, and is replaced when it was revoked', async () => {
    const api = baiduApi({ origins: [sandbox.url], scheme: 'bearer' })
    const dispatcher = authorizedDispatcher(bearers(), api)
    expect(await ask(dispatcher)).toHaveProperty('result')
    sandbox.revoke()
    expect(await ask(dispatcher)).toHaveProperty('result')
    expect(sandbox.counts).toMatchObject({ tokenRequests: 2, apiCalls: 3 })
    await dispatcher.close()
  })

  it.each([
    ['a signature', () => bceSigner(ACCESS_KEY)],
    ['an API Key', () => baiduApiKey(bearerKey)],
  ])('%s stands in the header', async (_, signer) => {
    const dispatcher = authorizedDispatcher(signer(), baiduApi({ origins: [sandbox.url] }))
    expect(await ask(dispatcher, `${TRANSLATE}?a=%e4%bd%a0&b=1+1`)).toHaveProperty('result')
    expect(await failureOf(ask(dispatcher, `${TRANSLATE}?access_token=mine`))).toMatchObject({
      code: 'scheme_conflict',
    })
    await dispatcher.close()
  })

  it('no call carries two schemes', async () => {
    const api = baiduApi({ origins: [sandbox.url], scheme: 'bearer' })
    const dispatcher = authorizedDispatcher(bearers(), api)
    expect(await failureOf(ask(dispatcher, `${TRANSLATE}?access_token=mine`))).toMatchObject({
      code: 'scheme_conflict',
    })
    const tokenDispatcher = authorizedDispatcher(tokens(), baiduApi({ origins: [sandbox.url] }))
    expect(await failureOf(ask(tokenDispatcher, '/server_api?access_token=mine'))).toMatchObject({
      code: 'scheme_conflict',
    })
    expect(sandbox.counts.apiCalls).toBe(0)
    await Promise.all([dispatcher.close(), tokenDispatcher.close()])
  })
})
