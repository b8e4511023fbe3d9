import { describe, expect, it } from 'vitest'
import {
  introspectionRequest,
  readIntrospection,
  readRevocation,
  revocationRequest,
} from '../../src/flows.ts'
import { type ReadContext, tolerantProfile } from '../../src/index.ts'
import { json, refusal } from '../support/fake-server.ts'

const CONTEXT: ReadContext = {
  profile: tolerantProfile,
  sentAt: 0,
  receivedAt: 0,
  scopeRequested: undefined,
  lifetimeMsMax: 1e12,
  retryAfterMsMax: 60_000,
  bodyBytesMax: 65_536,
  secrets: ['t0ken'],
}

describe('a revocation (RFC 7009)', () => {
  it('names the token and its kind, and keeps it out of texts', () => {
    expect(revocationRequest('https://as.example/revoke', 't0ken', 'refresh_token')).toEqual({
      endpoint: 'https://as.example/revoke',
      parameters: [
        ['token', 't0ken'],
        ['token_type_hint', 'refresh_token'],
      ],
      headers: [['accept', 'application/json']],
      secrets: ['t0ken'],
    })
  })

  it('has succeeded with a 200, also of a token that the server does not know', () => {
    expect(readRevocation(json(200, {}), CONTEXT)).toBeUndefined()
    expect(readRevocation({ status: 200, headers: [], body: '' }, CONTEXT)).toBeUndefined()
  })

  it('may be tried again after a 503, when the server says', () => {
    expect(readRevocation(json(503, {}, [['retry-after', '7']]), CONTEXT)).toMatchObject({
      kind: 'retry',
      retryAfterMs: 7_000,
    })
  })

  it.each([
    [refusal('invalid_client', 401), 'configure', 'invalid_client'],
    [refusal('unsupported_token_type'), 'configure', 'unsupported_token_type'],
    [json(500, {}), 'distrust', 'server_error'],
    [{ status: 404, headers: [], body: '<html>' }, 'configure', 'endpoint_not_found'],
  ])('is final after any other answer: %j', (response, kind, code) => {
    expect(readRevocation(response, CONTEXT)).toMatchObject({ kind, code })
  })
})

describe('an introspection (RFC 7662)', () => {
  it('asks as a revocation does', () => {
    expect(introspectionRequest('https://as.example/i', 't', 'access_token').parameters).toEqual([
      ['token', 't'],
      ['token_type_hint', 'access_token'],
    ])
  })

  it('tells what a good token is good for', () => {
    const answer = json(200, {
      active: true,
      scope: 'a b',
      exp: 1_800_000_000,
      client_id: 'c',
      sub: 's',
      aud: ['x', 7],
    })
    expect(readIntrospection(answer, CONTEXT)).toEqual({
      ok: true,
      introspection: {
        active: true,
        scope: ['a', 'b'],
        expiresAt: 1_800_000_000_000,
        clientId: 'c',
        subject: 's',
        audience: ['x'],
      },
    })
  })

  it('tells nothing of a bad one', () => {
    expect(readIntrospection(json(200, { active: false, scope: 'a' }), CONTEXT)).toMatchObject({
      introspection: { active: false, scope: undefined },
    })
  })

  it('believes no member that has not its type', () => {
    const answer = json(200, { active: true, scope: 7, exp: 'soon', client_id: null, aud: 'x' })
    expect(readIntrospection(answer, CONTEXT)).toMatchObject({
      introspection: {
        active: true,
        scope: undefined,
        expiresAt: undefined,
        clientId: undefined,
        audience: ['x'],
      },
    })
  })

  it.each([
    [json(200, {}), 'response_wrong_type'],
    [json(200, { active: 'true' }), 'response_wrong_type'],
    [{ status: 200, headers: [], body: '<html>' }, 'response_html'],
    [refusal('invalid_client', 401), 'invalid_client'],
  ])('fails with anything else: %j', (response, code) => {
    expect(readIntrospection(response, CONTEXT)).toMatchObject({ ok: false, failure: { code } })
  })
})
