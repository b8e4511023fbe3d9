import { describe, expect, it } from 'vitest'
import { metadataUrls, readMetadata, type UrlParts } from '../../src/flows.ts'
import { json } from '../support/fake-server.ts'

const ISSUER = 'https://as.example/tenant'
const METADATA = {
  issuer: ISSUER,
  token_endpoint: 'https://as.example/token',
  authorization_endpoint: 'https://login.as.example/authorize',
  device_authorization_endpoint: 'https://as.example/device',
  revocation_endpoint: 'https://as.example/revoke',
  introspection_endpoint: 'https://as.example/introspect',
  jwks_uri: 'https://as.example/jwks',
  authorization_response_iss_parameter_supported: true,
  code_challenge_methods_supported: ['plain', 'S256'],
}

function parts(url: string): UrlParts | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}

function read(
  metadata: unknown,
  more: { endpointHosts?: string[]; strict?: boolean; issuer?: string; mutualTls?: boolean } = {},
  status = 200,
) {
  return readMetadata(json(status, metadata), {
    issuer: ISSUER,
    endpointHosts: [],
    strict: false,
    parseUrl: parts,
    ...more,
  })
}

describe('the metadata of an issuer', () => {
  it.each([
    [
      'https://as.example',
      [
        'https://as.example/.well-known/oauth-authorization-server',
        'https://as.example/.well-known/openid-configuration',
      ],
    ],
    [
      'https://as.example/a/',
      [
        'https://as.example/.well-known/oauth-authorization-server/a',
        'https://as.example/a/.well-known/openid-configuration',
      ],
    ],
  ])('of %s lies at %j', (issuer, urls) => {
    expect(metadataUrls(new URL(issuer))).toEqual(urls)
  })

  it('makes a provider', () => {
    expect(read(METADATA)).toMatchObject({
      ok: true,
      provider: {
        name: 'as.example/tenant',
        issuer: ISSUER,
        namesIssuer: true,
        tokenEndpoint: 'https://as.example/token',
        authorizationEndpoint: 'https://login.as.example/authorize',
        deviceAuthorizationEndpoint: 'https://as.example/device',
        revocationEndpoint: 'https://as.example/revoke',
        introspectionEndpoint: 'https://as.example/introspect',
        jwksUri: 'https://as.example/jwks',
        clientSecretMethod: 'client_secret_basic',
      },
    })
  })

  it('needs no more than an issuer and a token endpoint', () => {
    const { issuer, token_endpoint } = METADATA
    const result = read({ issuer, token_endpoint, revocation_endpoint: null })
    expect(result).toMatchObject({ ok: true, provider: { namesIssuer: false } })
    expect(result.ok && result.provider).not.toHaveProperty('revocationEndpoint')
    expect(result.ok && result.provider).not.toHaveProperty('codeChallenge')
  })

  it.each([
    [undefined, 'client_secret_basic'],
    [['client_secret_post'], 'client_secret_post'],
    [['client_secret_post', 'client_secret_basic'], 'client_secret_basic'],
    [['private_key_jwt'], 'client_secret_basic'],
  ])('with the methods %j sends secrets by %s', (methods, expected) => {
    const result = read({ ...METADATA, token_endpoint_auth_methods_supported: methods })
    expect(result).toMatchObject({ provider: { clientSecretMethod: expected } })
  })

  it('that lists challenges and not S256 has codes sent without', () => {
    expect(read({ ...METADATA, code_challenge_methods_supported: ['plain'] })).toMatchObject({
      provider: { codeChallenge: 'none' },
    })
  })

  it.each([
    [{ ...METADATA, issuer: 'https://as.example' }, 'issuer_mismatch'],
    [{ ...METADATA, issuer: `${ISSUER}/` }, 'issuer_mismatch'],
    [{ ...METADATA, issuer: undefined }, 'issuer_mismatch'],
    [{ ...METADATA, token_endpoint: 'https://evil.example/token' }, 'issuer_mismatch'],
    [{ ...METADATA, token_endpoint: 'https://notas.example/token' }, 'issuer_mismatch'],
    [{ ...METADATA, token_endpoint: 'http://as.example/token' }, 'insecure_endpoint'],
    [{ ...METADATA, token_endpoint: 'token' }, 'response_wrong_type'],
    [{ ...METADATA, token_endpoint: 7 }, 'response_wrong_type'],
    [{ ...METADATA, token_endpoint: undefined }, 'response_wrong_type'],
    [{ ...METADATA, jwks_uri: 'https://evil.example/jwks' }, 'issuer_mismatch'],
    ['not an object', 'response_not_json'],
  ])('%j is refused', (metadata, code) => {
    expect(read(metadata)).toMatchObject({ ok: false, failure: { code } })
  })

  it('may lead to another host where that is allowed, and the failure names the host', () => {
    const moved = { ...METADATA, token_endpoint: 'https://oauth2.example/token' }
    const refused = read(moved)
    expect(refused.ok ? '' : refused.failure.message).toContain('oauth2.example')
    expect(read(moved, { endpointHosts: ['oauth2.example'] }).ok).toBe(true)
  })

  it.each([
    ['https://as.example/tenant/', 'names the issuer https://as.example/tenant/; write the issuer so'],
    ['https://AS.example/tenant', 'names the issuer https://AS.example/tenant;'],
    [undefined, `The answer of ${ISSUER} names no issuer`],
    [7, 'names no issuer'],
    ['javascript:alert(1)', 'names no issuer'],
    ['https://user:p4ss@as.example', 'names no issuer'],
    ['https://as.example/\u001b[2J', 'names no issuer'],
    [`https://as.example/${'a'.repeat(300)}`, 'names no issuer'],
  ])('that names %j is refused in words that say so, and quote nothing but a plain URL', (issuer, words) => {
    const refused = read({ ...METADATA, issuer })
    expect(refused).toMatchObject({ ok: false, failure: { kind: 'distrust', code: 'issuer_mismatch' } })
    expect(refused.ok ? '' : refused.failure.message).toContain(words)
  })

  it('that is not there is no provider', () => {
    expect(read({}, {}, 404)).toMatchObject({ ok: false, failure: { code: 'response_status', status: 404 } })
  })
})

describe('endpoints for clients with a certificate (RFC 8705 §5)', () => {
  const aliases = { token_endpoint: 'https://mtls.as.example/token', jwks_uri: null }
  const metadata = { ...METADATA, mtls_endpoint_aliases: aliases }

  it('stand in for the others where there are any and they are asked for', () => {
    const expected = { tokenEndpoint: 'https://mtls.as.example/token', jwksUri: 'https://as.example/jwks' }
    expect(read(metadata, { mutualTls: true })).toMatchObject({ provider: expected })
    expect(read(metadata)).toMatchObject({ provider: { tokenEndpoint: 'https://as.example/token' } })
    expect(read(METADATA, { mutualTls: true })).toMatchObject({
      provider: { tokenEndpoint: 'https://as.example/token' },
    })
  })

  it.each([
    [{ token_endpoint: 'https://evil.example/token' }, 'issuer_mismatch'],
    [{ token_endpoint: 'http://as.example/token' }, 'insecure_endpoint'],
    [{ token_endpoint: 7 }, 'response_wrong_type'],
  ])('are looked at as closely: %j', (mtls_endpoint_aliases, code) => {
    expect(read({ ...METADATA, mtls_endpoint_aliases }, { mutualTls: true })).toMatchObject({
      failure: { code },
    })
  })
})
