import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Failure,
  type HeaderList,
  type HttpResponse,
  type MessageProfile,
  readTokenResponse,
  strictProfile,
  type TokenSet,
  tolerantProfile,
} from '../../src/index.ts'

const SENT_AT = 1_700_000_000_000
const JSON_TYPE: HeaderList = [['content-type', 'application/json']]

interface Given {
  readonly profile?: MessageProfile
  readonly status?: number
  readonly headers?: HeaderList
  readonly secrets?: readonly string[]
  readonly scopeRequested?: readonly string[]
}

function read(body: string | object, given: Given = {}) {
  const response: HttpResponse = {
    status: given.status ?? 200,
    headers: given.headers ?? JSON_TYPE,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
  return readTokenResponse(response, {
    profile: given.profile ?? tolerantProfile,
    sentAt: SENT_AT,
    receivedAt: SENT_AT + 100,
    scopeRequested: given.scopeRequested,
    lifetimeMsMax: 31_622_400_000,
    retryAfterMsMax: 3_600_000,
    bodyBytesMax: 100_000,
    secrets: given.secrets ?? [],
  })
}

function tokens(body: string | object, given?: Given): TokenSet {
  const result = read(body, given)
  if (!result.ok) throw new Error(`refused: ${result.failure.code}`)
  return result.tokens
}

function failure(body: string | object, given?: Given): Failure {
  const result = read(body, given)
  if (result.ok) throw new Error('accepted')
  return result.failure
}

describe('a success', () => {
  it('becomes a token set whose life begins when the request was sent', () => {
    const answer = {
      access_token: 'a',
      token_type: 'bearer',
      expires_in: 60,
      refresh_token: 'r',
      scope: 'x y',
    }
    expect(tokens(answer)).toEqual({
      accessToken: 'a',
      tokenType: 'Bearer',
      sentAt: SENT_AT,
      expiresAt: SENT_AT + 60_000,
      lifetime: 'finite',
      scope: ['x', 'y'],
      refreshToken: 'r',
      extra: {},
    })
  })

  it('may begin with a byte order mark and be surrounded by white space', () => {
    expect(tokens('\uFEFF \r\n{"access_token":"a"}\n').accessToken).toBe('a')
  })

  it('keeps unknown members with plain values, within bounds', () => {
    const { extra } = tokens({
      access_token: 'a',
      session_key: 'k',
      n: 1,
      b: true,
      nested: {},
      nothing: null,
    })
    expect({ ...extra }).toEqual({ session_key: 'k', n: 1, b: true })
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, i]))
    expect(Object.keys(tokens({ access_token: 'a', ...many }).extra)).toHaveLength(32)
    expect(Object.keys(tokens({ access_token: 'a', big: 'x'.repeat(9_000), small: 1 }).extra)).toEqual([])
  })

  it('does not keep what the profile ignores', () => {
    const profile: MessageProfile = {
      ...tolerantProfile,
      refreshToken: 'ignore',
      membersIgnored: ['session_key'],
    }
    const result = tokens({ access_token: 'a', session_key: 'k', other: 1, refresh_token: 'r' }, { profile })
    expect(result.refreshToken).toBeUndefined()
    expect(Object.keys(result.extra)).toEqual(['other'])
  })

  it('never reaches a prototype, whatever its members are called', () => {
    const result = tokens('{"access_token":"a","__proto__":"x","constructor":"y","toString":"z"}')
    expect(Object.keys(result.extra)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(({} as { x?: string }).x).toBeUndefined()
    expect(failure('{"__proto__":{"access_token":"a"}}').code).toBe('response_without_token')
  })

  it('has the requested scope when it names none', () => {
    expect(tokens({ access_token: 'a' }, { scopeRequested: ['s'] }).scope).toEqual(['s'])
    expect(tokens({ access_token: 'a', scope: null }).scope).toBeUndefined()
  })
})

describe('the lifetime', () => {
  const DAY = 86_400_000
  it.each([
    ['a number', 3600, 3_600_000, 'finite'],
    ['a string of digits', '3600', 3_600_000, 'finite'],
    ['a fraction', 1.9999, 1_999, 'finite'],
    ['absent', undefined, 300_000, 'unknown'],
    ['null', null, 300_000, 'unknown'],
    ['absurd', 1e300, 366 * DAY, 'finite'],
    ['absurd digits', '9'.repeat(400), 366 * DAY, 'finite'],
    ['30 days', 2_592_000, 30 * DAY, 'finite'],
  ])('that is %s is understood', (_, value, lifeMs, lifetime) => {
    const result = tokens({ access_token: 'a', ...(value === undefined ? {} : { expires_in: value }) })
    expect([result.expiresAt - result.sentAt, result.lifetime]).toEqual([lifeMs, lifetime])
  })

  it('that is infinite after parsing is cut to the longest that is believed', () => {
    expect(tokens('{"access_token":"a","expires_in":1e999}').expiresAt).toBe(SENT_AT + 366 * DAY)
  })

  it.each([0, -1, '0', -1e300, 0.0001])('of %s makes a token that is dead on arrival: refused', value => {
    expect(failure({ access_token: 'a', expires_in: value })).toMatchObject({
      kind: 'distrust',
      code: 'lifetime_not_positive',
    })
  })

  it.each([true, {}, [], '', ' 60', '60 ', '6e1', '0x10', '1h', '-5'])('of %j is a wrong type', value => {
    expect(failure({ access_token: 'a', expires_in: value }).message).toContain('expires_in')
  })

  it('that is missing can mean "never" or be refused, as the profile says', () => {
    const never: MessageProfile = { ...tolerantProfile, lifetime: { asText: true, absent: 'never' } }
    expect(tokens({ access_token: 'a' }, { profile: never })).toMatchObject({
      expiresAt: Number.POSITIVE_INFINITY,
      lifetime: 'never',
    })
    const refuse: MessageProfile = { ...tolerantProfile, lifetime: { asText: true, absent: 'refuse' } }
    expect(failure({ access_token: 'a' }, { profile: refuse }).code).toBe('response_wrong_type')
  })
})

describe('an expiry that stands in the token itself', () => {
  const hinting = (at: number | undefined): MessageProfile => ({ ...tolerantProfile, expiryHint: () => at })
  const DATE = new Date(SENT_AT - 3_600_000).toUTCString()
  const dated: HeaderList = [...JSON_TYPE, ['Date', DATE]]
  const serverNow = Date.parse(DATE)

  it("shortens what expires_in says, measured by the server's own clock", () => {
    const given = { profile: hinting(serverNow + 50_000), headers: dated }
    expect(tokens({ access_token: 'a', expires_in: 3600 }, given).expiresAt).toBe(SENT_AT + 50_000)
  })

  it('never lengthens it', () => {
    const given = { profile: hinting(serverNow + 9e9), headers: dated }
    expect(tokens({ access_token: 'a', expires_in: 3600 }, given).expiresAt).toBe(SENT_AT + 3_600_000)
  })

  it('is not believed when it contradicts the answer, or cannot be compared', () => {
    const past = { profile: hinting(serverNow - 1), headers: dated }
    expect(tokens({ access_token: 'a', expires_in: 3600 }, past).expiresAt).toBe(SENT_AT + 3_600_000)
    const undated = { profile: hinting(SENT_AT + 5) }
    expect(tokens({ access_token: 'a', expires_in: 3600 }, undated).expiresAt).toBe(SENT_AT + 3_600_000)
  })

  it('stands in for a missing expires_in', () => {
    const given = { profile: hinting(serverNow + 50_000), headers: dated }
    expect(tokens({ access_token: 'a' }, given)).toMatchObject({
      expiresAt: SENT_AT + 50_000,
      lifetime: 'finite',
    })
    const undated = { profile: hinting(SENT_AT + 100 + 7_000) }
    expect(tokens({ access_token: 'a' }, undated).expiresAt).toBe(SENT_AT + 7_000)
    const nothing = { profile: hinting(undefined) }
    expect(tokens({ access_token: 'a' }, nothing).lifetime).toBe('unknown')
  })

  it('ends a token that is said never to end', () => {
    const profile: MessageProfile = {
      ...hinting(serverNow + 50_000),
      lifetime: { asText: true, absent: 'never' },
    }
    expect(tokens({ access_token: 'a' }, { profile, headers: dated }).expiresAt).toBe(SENT_AT + 50_000)
    expect(tokens({ access_token: 'a' }, { profile }).expiresAt).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('an answer that is no token', () => {
  it.each([
    ['nothing at all', '', 'response_empty'],
    ['white space', ' \n', 'response_empty'],
    ['an HTML page', '<!DOCTYPE html><html>', 'response_html'],
    ['plain text', 'OK', 'response_not_json'],
    ['half an object', '{"access_token":"a"', 'response_not_json'],
    ['two documents', '{"access_token":"a"}{}', 'response_not_json'],
    ['a list', '[{"access_token":"a"}]', 'response_not_json'],
    ['a deep nest', `{"access_token":"a","x":${'['.repeat(40)}${']'.repeat(40)}}`, 'response_not_json'],
    ['an absurdly deep nest', `{"x":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 'response_not_json'],
    ['two tokens', '{"access_token":"a","access_token":"b"}', 'response_duplicate_member'],
    [
      'two tokens, one escaped',
      '{"access_token":"a","access\\u005ftoken" : "b"}',
      'response_duplicate_member',
    ],
    ['an empty object', '{}', 'response_without_token'],
    ['null for a token', '{"access_token":null}', 'response_without_token'],
    ['a number for a token', '{"access_token":5}', 'response_wrong_type'],
    ['an empty token', '{"access_token":""}', 'token_malformed'],
    ['a token with a line break', '{"access_token":"a\\r\\nX: y"}', 'token_malformed'],
    ['a token with a space', '{"access_token":"a b"}', 'token_malformed'],
    ['a token beyond ASCII', '{"access_token":"é"}', 'token_malformed'],
    ['a token beyond size', `{"access_token":"${'a'.repeat(16_385)}"}`, 'token_malformed'],
    ['a token of an unknown type', '{"access_token":"a","token_type":"mac"}', 'token_type_unknown'],
    ['a type that is no text', '{"access_token":"a","token_type":1}', 'response_wrong_type'],
    ['a refresh token that is no text', '{"access_token":"a","refresh_token":1}', 'response_wrong_type'],
    ['a refresh token with a space', '{"access_token":"a","refresh_token":"a b"}', 'token_malformed'],
    ['a scope that is no text', '{"access_token":"a","scope":1}', 'response_wrong_type'],
    ['too much', `{"access_token":"a","x":"${'x'.repeat(100_000)}"}`, 'response_too_large'],
  ])('%s is a failure of kind distrust', (_, body, code) => {
    expect(failure(body)).toMatchObject({ kind: 'distrust', code })
  })

  it('does not mistake nested or repeated values for repeated names', () => {
    const body = '{"access_token":"a","x":{"access_token":"b","y":[{"z":1},{"z":1}]},"w":"access_token"}'
    expect(tokens(body).accessToken).toBe('a')
  })

  it('is refused though it has a token beside its error, whatever the status', () => {
    expect(failure({ access_token: 'a', error: 'invalid_client' })).toMatchObject({ code: 'invalid_client' })
    expect(tokens({ access_token: 'a', error: null }).accessToken).toBe('a')
  })

  it('an empty or null refresh token means none', () => {
    expect(tokens({ access_token: 'a', refresh_token: '' }).refreshToken).toBeUndefined()
    expect(tokens({ access_token: 'a', refresh_token: null }).refreshToken).toBeUndefined()
  })
})

describe('the strict profile', () => {
  const profile = strictProfile
  const good = { access_token: 'a', token_type: 'Bearer', expires_in: 60 }
  it('accepts what RFC 6749 describes', () => {
    expect(tokens(good, { profile }).accessToken).toBe('a')
    const vendor: HeaderList = [['Content-Type', 'application/vnd.x+json; charset=utf-8']]
    expect(tokens(good, { profile, headers: vendor }).accessToken).toBe('a')
  })
  it.each([
    ['a missing token type', { access_token: 'a', expires_in: 60 }, {}],
    ['digits for a lifetime', { ...good, expires_in: '60' }, {}],
    ['a list of scopes', { ...good, scope: ['x'] }, {}],
    ['another media type', good, { headers: [['content-type', 'text/plain']] as HeaderList }],
    ['no media type', good, { headers: [] }],
    ['another success status', good, { status: 201 }],
  ])('refuses %s, which the tolerant one forgives', (_, body, given) => {
    expect(failure(body, { ...given, profile })).toBeDefined()
    expect(tokens(body, given).accessToken).toBe('a')
  })
})

describe('a scope', () => {
  it('may be a list or have commas where that is forgiven; odd tokens are left out', () => {
    expect(tokens({ access_token: 'a', scope: 'x,y  z x' }).scope).toEqual(['x', 'y', 'z'])
    expect(tokens({ access_token: 'a', scope: ['x', 'b"d', ''] }).scope).toEqual(['x'])
    expect(tokens({ access_token: 'a', scope: `x ${'y'.repeat(1025)}` }).scope).toEqual(['x'])
    expect(failure({ access_token: 'a', scope: ['x', 1] }).code).toBe('response_wrong_type')
  })
})

describe('any bytes whatever', () => {
  it('become a usable token or a typed failure, and no failure quotes them', () => {
    const secret = 'hunter2hunter2'
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .record(
          {
            access_token: fc.oneof(fc.string(), fc.jsonValue()),
            expires_in: fc.oneof(fc.jsonValue(), fc.double(), fc.integer().map(String)),
            token_type: fc.oneof(fc.constant('bearer'), fc.jsonValue()),
            scope: fc.jsonValue(),
            refresh_token: fc.jsonValue(),
            error: fc.oneof(fc.constant(secret), fc.jsonValue()),
            error_description: fc.constant(`your secret ${secret} is wrong`),
          },
          { requiredKeys: [] },
        )
        .map(value => JSON.stringify(value)),
    )
    const statuses = fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 599 }))
    fc.assert(
      fc.property(anything, statuses, fc.boolean(), (body, status, strict) => {
        const profile = strict ? strictProfile : tolerantProfile
        const result = read(body, { status, profile, secrets: [secret] })
        if (result.ok) {
          expect(result.tokens.accessToken).toMatch(/^[\x21-\x7e]+$/)
          expect(result.tokens.expiresAt).toBeGreaterThan(SENT_AT)
        } else {
          expect(result.failure.code).toMatch(/./)
          expect(JSON.stringify(result.failure)).not.toContain(secret)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
