import { EvergrantError } from '@evergrant/core'
import type { RequestSigner, SignableRequest } from '@evergrant/core/calls'
import { secret } from '@evergrant/runtime'
import { describe, expect, it } from 'vitest'
import { baiduApiKey, bceAuthorization, bceSigner } from '../src/calls.ts'

const KEY = { accessKeyId: 'ALTAKexampleid', secretAccessKey: 'examplesecret' }
const API_KEY = 'bce-v3/ALTAK-abcdefghijklmnopqrstu/0123456789abcdef0123456789abcdef01234567'
const REQUEST: SignableRequest = {
  method: 'POST',
  url: 'https://aip.baidubce.com/rest/2.0/ocr/v1/general_basic?a=b',
  headers: [],
}
const NOW = Date.parse('2025-01-01T00:00:00.999Z')

async function signed(signer: RequestSigner, more: Partial<SignableRequest> = {}) {
  return Object.fromEntries(await signer.sign({ ...REQUEST, ...more }))
}

async function failureOf(signer: RequestSigner): Promise<unknown> {
  return signer.sign(REQUEST).then(
    () => undefined,
    error => error,
  )
}

describe('a signed request', () => {
  it('tells its date, and signs host and date with it', async () => {
    const { authorization, ...rest } = await signed(bceSigner({ ...KEY, now: () => NOW }))
    expect(rest).toEqual({ 'x-bce-date': '2025-01-01T00:00:00Z' })
    const headers = [
      ['host', 'aip.baidubce.com'],
      ['x-bce-date', '2025-01-01T00:00:00Z'],
    ] as const
    expect(authorization).toBe(await bceAuthorization({ ...REQUEST, headers }, { ...KEY, signedAt: NOW }))
    expect(authorization).toContain('/1800/host;x-bce-date/')
  })

  it('has a port where the URL has one, and a host where it names one', async () => {
    const signer = bceSigner({ ...KEY, now: () => NOW })
    const url = 'http://127.0.0.1:8080/a'
    const made = await signed(signer, { url })
    const named = await signed(signer, { url: 'http://127.0.0.1/a', headers: [['host', '127.0.0.1:8080']] })
    expect(named.authorization).toBe(made.authorization)
  })

  it('signs what says something about the body, but not the length, which is the sender’s', async () => {
    const { authorization } = await signed(bceSigner(KEY), {
      headers: [
        ['content-type', 'application/json'],
        ['content-md5', 'NFzcPqhviddjRNnSOGo4rw=='],
        ['content-length', '5'],
        ['x-bce-request-id', '7'],
        ['x-bce-date', 'an older one'],
        ['accept', '*/*'],
      ],
    })
    expect(authorization).toContain('/content-md5;content-type;host;x-bce-date;x-bce-request-id/')
  })

  it('is signed anew for every attempt, with the keys of the moment', async () => {
    let now = NOW
    let id = 'ALTAKfirst'
    const accessKeyId = secret(() => id)
    const signer = bceSigner({ ...KEY, accessKeyId, expirationSeconds: 60, now: () => now })
    const first = await signed(signer)
    now += 1_000
    id = 'ALTAKsecond'
    const second = await signed(signer)
    expect(first.authorization).toMatch(/^bce-auth-v1\/ALTAKfirst\/2025-01-01T00:00:00Z\/60\//)
    expect(second.authorization).toMatch(/^bce-auth-v1\/ALTAKsecond\/2025-01-01T00:00:01Z\/60\//)
  })

  it.each([0, -1, 1.5, Number.NaN])('cannot be valid for %d seconds', expirationSeconds => {
    expect(() => bceSigner({ ...KEY, expirationSeconds })).toThrow('expirationSeconds')
  })
})

describe('an API Key', () => {
  it('is sent as a bearer, freed of the line break that a copy brings along', async () => {
    expect(await signed(baiduApiKey(`${API_KEY}\n`))).toEqual({ authorization: `Bearer ${API_KEY}` })
    expect(await signed(baiduApiKey(secret(() => API_KEY)))).toEqual({ authorization: `Bearer ${API_KEY}` })
  })
})

describe('a key of a wrong kind is refused before anything is sent, with advice:', () => {
  const APP_KEY = 'AbCdEfGhIjKlMnOpQrStUvWx'
  const SECRET_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345' // evergrant: not a secret
  const TOKEN = '24.0123456789abcdef0123456789abcdef.2592000.1702592000.282335-1234567'
  it.each([
    ['API Key of an application, as a bearer', baiduApiKey(APP_KEY), APP_KEY, 'baidu()'],
    ['Secret Key, as a bearer', baiduApiKey(SECRET_KEY), SECRET_KEY, 'baidu()'],
    ['Access Key ID, as a bearer', baiduApiKey('ALTAKexampleid'), 'exampleid', 'bceSigner()'],
    ['access token, as a bearer', baiduApiKey(TOKEN), TOKEN, 'token source'],
    ['API Key with a line break in it', baiduApiKey('bce-v3/ALTAK-x\ny'), 'x\ny', 'copy it again'],
    ['API Key of an application, to sign', bceSigner({ ...KEY, accessKeyId: APP_KEY }), APP_KEY, 'baidu()'],
    ['bearer key, to sign', bceSigner({ ...KEY, accessKeyId: API_KEY }), API_KEY, 'baiduApiKey()'],
    ['access token, to sign', bceSigner({ ...KEY, secretAccessKey: TOKEN }), TOKEN, 'token source'],
    [
      'Access Key whose parts are swapped',
      bceSigner({ accessKeyId: '0'.repeat(32), secretAccessKey: 'ALTAKexampleid' }),
      'exampleid',
      'belongs in accessKeyId',
    ],
    ['Access Key beyond ASCII', bceSigner({ ...KEY, accessKeyId: 'ключ' }), 'ключ', 'copy it again'],
  ])('%s', async (_, signer, key, words) => {
    const error = await failureOf(signer)
    expect(EvergrantError.is(error)).toBe(true)
    expect(error).toMatchObject({
      kind: 'configure',
      code: 'key_unsuitable',
      message: expect.stringContaining(words),
      advice: { en: expect.stringContaining(words), zh: expect.stringMatching(/[\u4e00-\u9fff].*。$/) },
    })
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(key)
  })

  it.each([
    ['API Key', baiduApiKey(' ')],
    ['Access Key ID', bceSigner({ ...KEY, accessKeyId: '' })],
    ['Secret Access Key', bceSigner({ ...KEY, secretAccessKey: secret(() => '') })],
  ])('%s that is empty', async (what, signer) => {
    expect(await failureOf(signer)).toMatchObject({
      kind: 'configure',
      code: 'secret_unavailable',
      message: `The ${what} is empty.`,
    })
  })

  it('but older Access Keys, and what looks like nothing known, are not', async () => {
    const older = bceSigner({ accessKeyId: 'a'.repeat(32), secretAccessKey: 'b'.repeat(32) })
    expect(await failureOf(older)).toBeUndefined()
    expect(await failureOf(baiduApiKey('something-new'))).toBeUndefined()
  })
})
