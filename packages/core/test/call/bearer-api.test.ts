import { describe, expect, it } from 'vitest'
import { bearerApi } from '../../src/calls.ts'

const api = bearerApi({ origins: ['https://api.example'], retryAfterMsMax: 60_000 })
const TARGET = { hostname: 'api.example', pathname: '/x' }

function judge(status: number, fields: Record<string, string> = {}) {
  return api.judge({ status, header: name => fields[name], body: undefined }, TARGET)
}

describe('an API by RFC 6750', () => {
  it('takes its token in the Authorization header and never has its bodies looked into', () => {
    expect(api.place).toBeUndefined()
    expect(api.looksInto).toBeUndefined()
  })

  it.each([
    ['Bearer error="invalid_token", error_description="The token\u0007 expired"', 'The token  expired'],
    ['Bearer realm="x", error=invalid_token', undefined],
    ['Bearer realm="x"', undefined],
    [undefined, undefined],
  ])('rejects the token with a 401 and the challenge %j', (challenge, description) => {
    const failure = judge(401, challenge === undefined ? {} : { 'www-authenticate': challenge })
    expect(failure).toMatchObject({ about: 'token', status: 401 })
    expect(failure?.description).toBe(description)
  })

  it.each([
    [401, 'Bearer error="insufficient_scope"'],
    [401, 'Bearer error="invalid_request"'],
    [403, 'Bearer error="insufficient_scope"'],
    [403, 'Bearer error="invalid_token"'],
    [400, ''],
    [404, ''],
    [501, ''],
    [200, ''],
    [204, ''],
  ])('leaves a %d with the challenge %j to the caller', (status, challenge) => {
    expect(judge(status, { 'www-authenticate': challenge })).toBeUndefined()
  })

  it.each([500, 502, 504])(
    'says with a %d that the server has failed, and nobody knows what was done',
    status => {
      expect(judge(status)).toMatchObject({ code: 'server_error', about: 'server', plain: true, status })
    },
  )

  it('says with a 429 that nothing was done, and with a 503 that nobody knows; both when to come back', () => {
    expect(judge(429, { 'retry-after': '7' })).toMatchObject({
      about: 'limit',
      plain: true,
      retryAfterMs: 7_000,
    })
    expect(judge(503, { 'retry-after': '7000' })).toMatchObject({ about: 'server', retryAfterMs: 60_000 })
    expect(judge(429)?.retryAfterMs).toBeUndefined()
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT'
    const until = 'Thu, 01 Jan 2026 00:00:09 GMT'
    expect(judge(429, { 'retry-after': until, date })?.retryAfterMs).toBe(9_000)
    expect(judge(429, { 'retry-after': until })?.retryAfterMs).toBeUndefined()
  })
})
