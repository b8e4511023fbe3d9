import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baiduKeyKind, doubtBaiduClient, parseBaiduToken } from '../src/index.ts'

const API_KEY = 'AbCdEfGhIjKlMnOpQrStUvWx'
const SECRET_KEY = 'AbCdEfGhIjKlMnOpQrStUvWxYz012345' // evergrant: not a secret

describe('the kind of a key', () => {
  it.each([
    [API_KEY, 'api_key'],
    [SECRET_KEY, 'secret_key'],
    ['ALTAKexampleid', 'iam_access_key'],
    ['bce-v3/ALTAK-abcdefghijklmnopqrstu/0123456789abcdef0123456789abcdef01234567', 'bearer_key'],
    ['24.0123456789abcdef0123456789abcdef.2592000.1702592000.282335-1234567', 'access_token'],
    ['something else', 'unknown'],
    ['', 'unknown'],
  ])('of %j is %s', (key, kind) => {
    expect(baiduKeyKind(key)).toBe(kind)
  })
})

describe('a client', () => {
  it('with an API Key and a Secret Key raises no doubt, nor one of an unknown shape', () => {
    expect(doubtBaiduClient(API_KEY, SECRET_KEY)).toBeUndefined()
    expect(doubtBaiduClient('short', 'secret')).toBeUndefined()
  })

  it.each([
    ['swapped', SECRET_KEY, API_KEY, 'swapped', '填反'],
    ['an Access Key of the account', 'ALTAKexampleid', SECRET_KEY, 'ALTAK', 'ALTAK'],
    ['a new API Key', 'bce-v3/ALTAK-x/y', SECRET_KEY, 'bce-v3/', 'bce-v3/'],
    ['a new API Key for a secret', API_KEY, 'bce-v3/ALTAK-x/y', 'bce-v3/', 'bce-v3/'],
    ['a token', '24.0123456789abcdef0123456789abcdef.1.2', SECRET_KEY, 'access token', 'access_token'],
    ['white space', `${API_KEY} `, SECRET_KEY, 'white space', '空白'],
    ['the same twice', SECRET_KEY, SECRET_KEY, 'same', '相同'],
  ])('with %s is told so in both languages', (_, id, secret, en, zh) => {
    const advice = doubtBaiduClient(id, secret)
    expect(advice?.en).toContain(en)
    expect(advice?.zh).toContain(zh)
  })
})

describe('the text of a token', () => {
  it('tells type, lifetime, expiry and application', () => {
    expect(parseBaiduToken('24.0123456789abcdef0123456789abcdef.2592000.1702592000.282335-1234567')).toEqual({
      type: 24,
      meaning: 'access_token',
      lifetimeMs: 2_592_000_000,
      issuedAt: 1_700_000_000_000,
      expiresAt: 1_702_592_000_000,
      userId: '282335',
      appId: '1234567',
    })
    expect(parseBaiduToken('25.0123456789abcdef0123456789abcdef.1.1702592000.1-2')?.meaning).toBe(
      'refresh_token',
    )
    expect(parseBaiduToken('99.0123456789abcdef0123456789abcdef.1.1702592000.1-2')?.meaning).toBe('unknown')
  })

  it('of any other form tells nothing, and never fails', () => {
    for (const text of ['', '24.', '122.abc.YH7p', 'a.b.c', '1.0123.86400.1292922000-2346678-124328']) {
      expect(parseBaiduToken(text)).toBeUndefined()
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => parseBaiduToken(text) === undefined))
  })
})
