import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AuthorizationInput,
  beginAuthorization,
  codeChallenge,
  decodePending,
  encodePending,
  type PendingAuthorization,
  pendingKey,
  readCallback,
} from '../../src/flows.ts'
import { type Provider, tolerantProfile } from '../../src/index.ts'

const AT = 1_767_225_600_000
const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token',
  authorizationEndpoint: 'https://as.example/authorize',
  clientSecretMethod: 'client_secret_basic',
  profile: tolerantProfile,
  policy: {},
}
const SECRETS = { state: 's'.repeat(43), verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }
const INPUT: AuthorizationInput = {
  provider: PROVIDER,
  clientId: 'the client',
  redirectUri: 'https://app.example/callback?x=1',
  scopes: ['b', 'a'],
}

function begun(input: Partial<AuthorizationInput> = {}) {
  const result = beginAuthorization({ ...INPUT, ...input }, SECRETS, AT)
  if ('kind' in result) throw new Error(result.message)
  return result
}

function answered(parameters: Record<string, string>, provider: Partial<Provider> = {}, at = AT + 1_000) {
  const { pending } = begun({ provider: { ...PROVIDER, ...provider } })
  return readCallback(pending, new Map(Object.entries(parameters)), at)
}

describe('a sign-in begins', () => {
  it('with a URL that says everything the server has to know (RFC 6749 §4.1.1, RFC 7636 §4.3)', () => {
    const { url } = begun()
    expect(new URL(url).origin + new URL(url).pathname).toBe('https://as.example/authorize')
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      response_type: 'code',
      client_id: 'the client',
      redirect_uri: 'https://app.example/callback?x=1',
      scope: 'b a',
      state: SECRETS.state,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    expect(url).not.toContain(SECRETS.verifier)
  })

  it('with the challenge of RFC 7636 appendix B', () => {
    expect(codeChallenge(SECRETS.verifier)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  })

  it('with further parameters and resources, but not with the flow’s own', () => {
    const { url } = begun({
      parameters: { prompt: 'login' },
      resources: ['https://a.example', 'https://b.example'],
    })
    expect(new URL(url).searchParams.get('prompt')).toBe('login')
    expect(new URL(url).searchParams.getAll('resource')).toEqual(['https://a.example', 'https://b.example'])
    expect(beginAuthorization({ ...INPUT, parameters: { state: 'x' } }, SECRETS, AT)).toMatchObject({
      code: 'invalid_option',
    })
  })

  it('without PKCE where the server refuses it', () => {
    const { url, pending } = begun({ provider: { ...PROVIDER, codeChallenge: 'none' } })
    expect(url).not.toContain('code_challenge')
    expect(pending.verifier).toBeUndefined()
  })

  it('with a query that the endpoint has already', () => {
    const provider = { ...PROVIDER, authorizationEndpoint: 'https://as.example/authorize?tenant=1' }
    expect(begun({ provider }).url).toMatch(/\?tenant=1&response_type=code/)
  })

  it('not where the provider has no such endpoint, nor with a state that can be guessed', () => {
    const { authorizationEndpoint: _, ...bare } = PROVIDER
    expect(beginAuthorization({ ...INPUT, provider: bare }, SECRETS, AT)).toMatchObject({
      code: 'endpoint_missing',
    })
    expect(beginAuthorization(INPUT, { ...SECRETS, state: 'short' }, AT)).toMatchObject({
      code: 'invalid_option',
    })
    expect(beginAuthorization(INPUT, { ...SECRETS, verifier: `${'a'.repeat(43)} ` }, AT)).toMatchObject({
      code: 'invalid_option',
    })
  })
})

describe('the answer', () => {
  it('with a code is redeemed with the same redirect URI and the verifier (RFC 6749 §4.1.3)', () => {
    expect(answered({ code: 'c0de', state: SECRETS.state })).toEqual({
      ok: true,
      request: {
        endpoint: 'https://as.example/token',
        parameters: [
          ['grant_type', 'authorization_code'],
          ['code', 'c0de'],
          ['redirect_uri', 'https://app.example/callback?x=1'],
          ['code_verifier', SECRETS.verifier],
        ],
        headers: [['accept', 'application/json']],
        secrets: ['c0de', SECRETS.verifier],
      },
    })
  })

  it.each([
    ['access_denied', 'declined', 'access_denied'],
    ['consent_required', 'declined', 'access_denied'],
    ['invalid_scope', 'configure', 'invalid_scope'],
    ['server_error', 'retry', 'server_error'],
    ['temporarily_unavailable', 'retry', 'temporarily_unavailable'],
    ['something_else', 'reauthorize', 'something_else'],
  ])('with the error %s is of kind %s', (error, kind, code) => {
    const result = answered({ error, error_description: 'why\u0007not' })
    expect(result).toMatchObject({ ok: false, failure: { kind, code, description: 'why not' } })
  })

  it('comes too late after ten minutes', () => {
    expect(answered({ code: 'c' }, {}, AT + 599_999).ok).toBe(true)
    expect(answered({ code: 'c' }, {}, AT + 600_000)).toMatchObject({ failure: { code: 'flow_expired' } })
  })

  it.each([
    [{}, {}, true],
    [{ issuer: 'https://as.example' }, { iss: 'https://as.example' }, true],
    [{ issuer: 'https://as.example' }, {}, true],
    [{ issuer: 'https://as.example' }, { iss: 'https://evil.example' }, false],
    [{ issuer: 'https://as.example', namesIssuer: true }, {}, false],
    [{}, { iss: 'https://whoever.example' }, true],
  ])('of a provider %j that says %j is accepted: %s (RFC 9207)', (provider, more, accepted) => {
    const result = answered({ code: 'c', ...more }, provider)
    expect(result.ok).toBe(accepted)
    if (!accepted) expect(result).toMatchObject({ failure: { kind: 'distrust', code: 'issuer_mismatch' } })
  })

  it('without a code is malformed', () => {
    expect(answered({})).toMatchObject({ failure: { code: 'callback_malformed' } })
    expect(answered({ code: '' })).toMatchObject({ failure: { code: 'callback_malformed' } })
  })
})

describe('what is kept between the two', () => {
  it('comes back as it was', () => {
    const { pending } = begun({ subject: 'user 7', resources: ['https://r.example'] })
    expect(decodePending(encodePending(pending))).toEqual(pending)
    expect(decodePending(encodePending(begun().pending))).toEqual(begun().pending)
  })

  it('is nothing if it is anything else, and never an exception', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), text => decodePending(text) === undefined))
    const { provider: _, ...partial } = begun().pending
    expect(decodePending(encodePending(partial as PendingAuthorization))).toBeUndefined()
    expect(decodePending(JSON.stringify({ ...begun().pending, format: 2 }))).toBeUndefined()
  })

  it('lies under a key that does not tell the state', () => {
    expect(pendingKey(SECRETS.state)).toMatch(/^evergrant:1:flow:[0-9a-f]{64}$/)
  })
})
