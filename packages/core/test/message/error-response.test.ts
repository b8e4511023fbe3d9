import { describe, expect, it } from 'vitest'
import {
  type Failure,
  type HeaderList,
  type MessageProfile,
  readTokenResponse,
  tolerantProfile,
} from '../../src/index.ts'

const NOW = Date.parse('Tue, 14 Nov 2023 22:13:20 GMT')

function failureOf(
  status: number,
  body: unknown,
  headers: HeaderList = [],
  profile: MessageProfile = tolerantProfile,
  secrets: string[] = [],
): Failure {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const result = readTokenResponse(
    { status, headers, body: text },
    {
      profile,
      sentAt: NOW,
      receivedAt: NOW,
      scopeRequested: undefined,
      lifetimeMsMax: 1e10,
      retryAfterMsMax: 3_600_000,
      bodyBytesMax: 100_000,
      secrets,
    },
  )
  if (result.ok) throw new Error('accepted')
  return result.failure
}

describe('an error of RFC 6749 §5.2', () => {
  it.each([
    ['invalid_request', 'configure'],
    ['invalid_client', 'configure'],
    ['invalid_grant', 'reauthorize'],
    ['unauthorized_client', 'configure'],
    ['unsupported_grant_type', 'configure'],
    ['invalid_scope', 'configure'],
    ['access_denied', 'declined'],
    ['server_error', 'retry'],
    ['temporarily_unavailable', 'retry'],
  ])('%s is of kind %s, whatever the status', (error, kind) => {
    for (const status of [200, 400, 401, 503]) {
      expect(failureOf(status, { error })).toMatchObject({ code: error, kind, status })
    }
  })

  it('that nobody knows is passed through as transient', () => {
    expect(failureOf(400, { error: 'Trigger security policy' })).toMatchObject({
      kind: 'retry',
      code: 'Trigger security policy',
    })
    expect(failureOf(400, { error: 'x"\n' }).code).toBe('unknown_error')
  })

  it("cannot pass for one of the client's own codes", () => {
    expect(failureOf(400, { error: 'closed' })).toMatchObject({ kind: 'retry', code: 'closed' })
    expect(failureOf(400, { error: 'constructor' })).toMatchObject({ kind: 'retry', code: 'constructor' })
  })

  it('that is not a string is judged by its status', () => {
    expect(failureOf(401, { error: { code: 'invalid_iam_token' } })).toMatchObject({ code: 'invalid_client' })
    expect(failureOf(400, { error: 5 }).code).toBe('response_status')
  })
})

describe('a status without words', () => {
  it.each([
    [301, 'distrust', 'redirected'],
    [400, 'distrust', 'response_status'],
    [401, 'configure', 'invalid_client'],
    [403, 'distrust', 'response_status'],
    [404, 'configure', 'endpoint_not_found'],
    [405, 'configure', 'endpoint_not_found'],
    [410, 'configure', 'endpoint_not_found'],
    [408, 'retry', 'server_error'],
    [425, 'retry', 'server_error'],
    [429, 'retry', 'temporarily_unavailable'],
    [500, 'retry', 'server_error'],
    [502, 'retry', 'server_error'],
    [503, 'retry', 'temporarily_unavailable'],
    [199, 'distrust', 'response_status'],
  ])('%i is of kind %s', (status, kind, code) => {
    expect(failureOf(status, '<html>blocked</html>')).toMatchObject({ kind, code, status })
  })
})

describe('what the server says', () => {
  it('is shown redacted, on one line and cut', () => {
    const secret = 's3cret&key'
    const said = `bad\r\n\u001b[31m ${secret} ${encodeURIComponent(secret)} ${btoa(secret)} \u202e ${'x'.repeat(500)}`
    const { description = '' } = failureOf(
      401,
      { error: 'invalid_client', error_description: said },
      [],
      tolerantProfile,
      [secret],
    )
    expect(description).toMatch(/^bad {3}\[31m ‹redacted› ‹redacted› ‹redacted› {3}x+…$/)
    expect(description.length).toBeLessThanOrEqual(257)
  })

  it('quotes none of the tokens that stand beside it, nor what is never kept', () => {
    const tokens = { access_token: 'tok-access', refresh_token: 'tok-refresh', session_key: 'tok-session' }
    const said = Object.values(tokens).join(' ')
    const profile = { ...tolerantProfile, membersIgnored: ['session_key'] }
    const body = { ...tokens, error: 'invalid_scope', error_description: said }
    expect(failureOf(200, body, [], profile).description).toBe('‹redacted› ‹redacted› ‹redacted›')
    expect(failureOf(200, { ...body, error: 'tok-access' }, [], profile).code).toBe('unknown_error')
  })

  it('is left out when it is not text', () => {
    expect(failureOf(401, { error: 'invalid_client', error_description: 5 })).not.toHaveProperty(
      'description',
    )
  })
})

describe('Retry-After', () => {
  const wait = (value: string, more: HeaderList = []) =>
    failureOf(503, '', [['Retry-After', value], ...more]).retryAfterMs

  it('may be seconds or a date, and is bounded', () => {
    expect(wait('120')).toBe(120_000)
    expect(wait('99999')).toBe(3_600_000)
    expect(wait('99999999999999999999')).toBe(3_600_000)
    expect(wait(new Date(NOW + 90_000).toUTCString())).toBe(90_000)
    expect(wait(new Date(NOW - 90_000).toUTCString())).toBe(0)
  })

  it("is measured by the server's own clock when it tells the time", () => {
    const date = new Date(NOW + 3_600_000).toUTCString()
    expect(wait(new Date(NOW + 3_660_000).toUTCString(), [['date', date]])).toBe(60_000)
  })

  it('is ignored when it makes no sense', () => {
    expect(wait('soon')).toBeUndefined()
    expect(wait('-5')).toBeUndefined()
    expect(wait('')).toBeUndefined()
  })
})

describe("a provider's own table", () => {
  const profile: MessageProfile = {
    ...tolerantProfile,
    isError: members => members.has('error_code'),
    classifyError: ({ members, status }) =>
      members.get('error_code') === 40002
        ? { kind: 'configure', code: '40002', message: `bad keys (${status})`, retryAfterMs: 5_000 }
        : undefined,
  }

  it('comes first, also inside a 200', () => {
    expect(failureOf(200, { error_code: 40002 }, [], profile)).toEqual({
      kind: 'configure',
      code: '40002',
      message: 'bad keys (200)',
      retryAfterMs: 5_000,
      status: 200,
    })
  })

  it('is not waited for less than the server asks', () => {
    expect(failureOf(200, { error_code: 40002 }, [['retry-after', '60']], profile).retryAfterMs).toBe(60_000)
    expect(failureOf(200, { error_code: 40002 }, [['retry-after', '1']], profile).retryAfterMs).toBe(5_000)
  })

  it('falls back to the standard', () => {
    expect(failureOf(400, { error: 'invalid_scope' }, [], profile).code).toBe('invalid_scope')
    expect(failureOf(200, { error_code: 1 }, [], profile).code).toBe('response_status')
    expect(failureOf(404, '<html>', [], profile).code).toBe('endpoint_not_found')
  })
})
