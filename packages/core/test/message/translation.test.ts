import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type HeaderList,
  type Members,
  type MessageProfile,
  readTokenResponse,
  tolerantProfile,
} from '../../src/index.ts'

const SENT_AT = 1_700_000_000_000

function read(
  profile: MessageProfile,
  body: string | object,
  headers: HeaderList = [],
  secrets = ['s3cret'],
) {
  return readTokenResponse(
    { status: 200, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    {
      profile,
      sentAt: SENT_AT,
      receivedAt: SENT_AT,
      scopeRequested: undefined,
      lifetimeMsMax: 1e10,
      retryAfterMsMax: 3_600_000,
      bodyBytesMax: 100_000,
      secrets,
    },
  )
}

/** `{ errcode: 0, tenant_access_token, expire }`, as some platforms answer. */
const named: MessageProfile = {
  ...tolerantProfile,
  translate: members =>
    new Map([
      ['access_token', members.get('tenant_access_token')],
      ['expires_in', members.get('expire')],
      ...ofErrcode(members),
    ]),
}

function ofErrcode(members: Members): [string, unknown][] {
  const code = members.get('errcode')
  if (code === 0 || code === undefined) return []
  return [
    ['error', String(code)],
    ['error_description', members.get('errmsg')],
  ]
}

describe('an answer under names of its own', () => {
  it('is read as if it had the names of RFC 6749', () => {
    const answer = { errcode: 0, errmsg: 'ok', tenant_access_token: 't-1', expire: 7200 }
    expect(read(named, answer)).toMatchObject({
      ok: true,
      tokens: { accessToken: 't-1', expiresAt: SENT_AT + 7_200_000, lifetime: 'finite' },
    })
  })

  it('keeps of further members what the translation keeps', () => {
    const keeping: MessageProfile = {
      ...tolerantProfile,
      translate: members => new Map(members).set('access_token', members.get('t')),
    }
    const result = read(keeping, { t: 'x', team: 'blue' })
    expect(result).toMatchObject({ ok: true, tokens: { extra: { t: 'x', team: 'blue' } } })
  })

  it.each([
    [
      'an error told by a number',
      { errcode: 40013, errmsg: 'invalid appid', tenant_access_token: 'x' },
      '40013',
    ],
    ['no token', { errcode: 0 }, 'response_without_token'],
    ['null for a token', { tenant_access_token: null }, 'response_without_token'],
    ['a token of a wrong type', { tenant_access_token: { a: 1 } }, 'response_wrong_type'],
    ['a token with a line break', { tenant_access_token: 'a\nb' }, 'token_malformed'],
    ['a life of a wrong type', { tenant_access_token: 'a', expire: [] }, 'response_wrong_type'],
    ['a life that is over', { tenant_access_token: 'a', expire: 0 }, 'lifetime_not_positive'],
    ['the name of RFC 6749 alone', { access_token: 'a' }, 'response_without_token'],
    ['names of a prototype', { constructor: 'a', toString: 'b' }, 'response_without_token'],
    ['the token twice', '{"tenant_access_token":"a","tenant_access_token":"b"}', 'response_duplicate_member'],
  ])('is refused for %s', (_, answer, code) => {
    expect(read(named, answer)).toMatchObject({ ok: false, failure: { code } })
  })

  it('tells an error without the secret that it echoes', () => {
    const result = read(named, { errcode: 's3cret', errmsg: 'no s3cret' })
    expect(result).toMatchObject({ ok: false, failure: { description: 'no ‹redacted›' } })
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('whatever it is, gives a usable token or a typed failure, and never "undefined"', () => {
    const member = fc.oneof(fc.jsonValue(), fc.string(), fc.integer())
    const names = { tenant_access_token: member, expire: member, errcode: member, errmsg: member }
    fc.assert(
      fc.property(fc.record(names, { requiredKeys: [] }), answer => {
        const result = read(named, answer)
        if (result.ok) {
          expect(result.tokens.accessToken).toBe(answer.tenant_access_token)
          expect(result.tokens.accessToken).toMatch(/^[\x21-\x7e]+$/)
        } else {
          expect(result.failure.code).toMatch(/./)
        }
      }),
    )
  })
})

describe('an expiry that stands in another member', () => {
  const profile: MessageProfile = {
    ...named,
    expiryHint: (_token, members) => Date.parse(String(members.get('until'))),
  }
  const dated: HeaderList = [['date', new Date(SENT_AT - 3_600_000).toUTCString()]]
  const until = new Date(SENT_AT - 3_600_000 + 60_000).toISOString()

  it("is found under the provider's own name, and measured by the server's own clock", () => {
    const answer = { tenant_access_token: 'a', expire: 7200, until }
    expect(read(profile, answer, dated)).toMatchObject({ tokens: { expiresAt: SENT_AT + 60_000 } })
  })

  it('that is no date changes nothing', () => {
    const answer = { tenant_access_token: 'a', expire: 7200, until: 'soon' }
    expect(read(profile, answer, dated)).toMatchObject({ tokens: { expiresAt: SENT_AT + 7_200_000 } })
  })
})

describe('an error that stands in a header field', () => {
  const profile: MessageProfile = {
    ...tolerantProfile,
    classifyError: ({ header }) => {
      const code = header('x-error')
      return code === undefined
        ? undefined
        : { kind: 'configure', code, message: 'no', description: header('X-Reason') ?? '' }
    },
  }

  it('reaches the classifier, and is freed of secrets and control characters', () => {
    const headers: HeaderList = [
      ['X-Error', 'Bad'],
      ['x-reason', 'no s3cret\u001b[31m'],
    ]
    expect(read(profile, { error: 'x' }, headers)).toMatchObject({
      failure: { code: 'Bad', description: 'no ‹redacted› [31m' },
    })
    expect(read(profile, { error: 'x', error_description: 'body' }, headers)).toMatchObject({
      failure: { description: 'body' },
    })
  })
})
