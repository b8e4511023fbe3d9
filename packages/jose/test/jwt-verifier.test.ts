import { inspect } from 'node:util'
import { EvergrantError, fail, type HttpRequest, type HttpResponse } from '@evergrant/core'
import { held, jsonResponse, type Step, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { exportJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type JwtVerifierOptions, jwtVerifier } from '../src/index.ts'
import { failureOf, type TestKey, testKey } from './support/keys.ts'

const ISSUER = 'https://as.example'
const METADATA = { issuer: ISSUER, token_endpoint: `${ISSUER}/token`, jwks_uri: `${ISSUER}/jwks` }

let key: TestKey
let other: TestKey

beforeAll(async () => {
  key = await testKey('ES256')
  other = await testKey('ES256')
})

async function publicJwk(of: TestKey, kid: string | undefined): Promise<JWK> {
  return { ...(await exportJWK(of.publicKey)), alg: of.alg, ...(kid !== undefined && { kid }) }
}

/** A server of metadata and keys. */
async function keyServer(keys?: JWK[]): Promise<Step> {
  const jwks = { keys: keys ?? [await publicJwk(key, 'k')] }
  return ({ url }: HttpRequest): HttpResponse => {
    if (url === METADATA.jwks_uri) return jsonResponse(jwks)
    return url.endsWith('oauth-authorization-server') ? jsonResponse(METADATA) : jsonResponse({}, 404)
  }
}

async function subject(options: Partial<JwtVerifierOptions> = {}, step?: Step) {
  const clock = virtualClock(Date.now())
  const transport = scriptedTransport(step ?? (await keyServer()))
  const settings = { issuer: ISSUER, audience: 'api', transport, clock, ...options }
  return { clock, transport, verifier: jwtVerifier(settings as JwtVerifierOptions) }
}

const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'user 7', client_id: 'c', scope: 'read write' }

function signed(
  claims: Record<string, unknown> = {},
  header: { typ?: string; kid?: string; alg?: string } = {},
  by = key,
) {
  const now = Math.floor(Date.now() / 1_000)
  return new SignJWT({ ...CLAIMS, iat: now, exp: now + 600, ...claims })
    .setProtectedHeader({ alg: by.alg, typ: 'at+jwt', kid: 'k', ...header })
    .sign(by.privateKey)
}

describe('a token of the issuer', () => {
  it('says what its bearer may do, and the issuer stands by it', async () => {
    const { verifier, transport } = await subject()
    const token = await signed()
    const result = await verifier.verify(token)
    expect(result).toMatchObject({
      header: { alg: 'ES256', typ: 'at+jwt' },
      claims: CLAIMS,
      subject: 'user 7',
      permissions: { scopes: ['read', 'write'] },
    })
    expect(result.expiresAt).toBe((result.claims.exp as number) * 1_000)
    expect(result.permissions.has('read')).toBe(true)
    expect(() => result.permissions.require('delete')).toThrow('lacks the scope delete')
    await verifier.verify({ accessToken: token })
    expect(transport.requests.map(({ url }) => url)).toEqual([
      `${ISSUER}/.well-known/oauth-authorization-server`,
      `${ISSUER}/jwks`,
    ])
  })

  it('is found out about with the place of its keys alone', async () => {
    const { verifier, transport } = await subject({ issuer: undefined, jwksUri: METADATA.jwks_uri } as never)
    await verifier.verify(await signed({ iss: 'https://anybody.example' }))
    expect(transport.requests).toHaveLength(1)
  })

  it('may have several audiences, and types and algorithms that are allowed', async () => {
    const { verifier } = await subject({
      audience: ['x', 'api'],
      types: ['JWT', 'application/at+jwt'],
      algorithms: ['ES256'],
    })
    await verifier.verify(await signed({ aud: ['y', 'api'] }))
    await verifier.verify(await signed({}, { typ: 'jwt' }))
    await verifier.verify(await signed({}, { typ: 'application/AT+JWT' }))
  })

  it('may have been signed with any of several keys of no name', async () => {
    const keys = [await publicJwk(other, undefined), await publicJwk(key, undefined)]
    const { verifier } = await subject({}, await keyServer(keys))
    await verifier.verify(await signed({}, { kid: undefined as never }))
    const stranger = await testKey('ES256')
    const forged = signed({}, { kid: undefined as never }, stranger)
    expect(await failureOf(verifier.verify(await forged))).toMatchObject({ code: 'token_not_verified' })
  })
})

describe('a token is not verified', () => {
  const past = Math.floor(Date.now() / 1_000) - 60

  it.each<[string, () => Promise<string>, string]>([
    ['is opaque', async () => 'opaque', 'no signed JWT'],
    ['is not signed', async () => new UnsecuredJWT(CLAIMS).encode(), 'its type'],
    ['is for another audience', () => signed({ aud: 'other' }), 'another audience'],
    ['is for no audience', () => signed({ aud: undefined }), 'another audience'],
    ['is of another issuer', () => signed({ iss: 'https://evil.example' }), 'another issuer'],
    ['has expired', () => signed({ exp: past }), 'has expired'],
    ['does not say when it expires', () => signed({ exp: undefined }), 'when it expires'],
    ['is not valid yet', () => signed({ nbf: past + 3_600 }), 'not valid yet'],
    ['is of another type', () => signed({}, { typ: 'JWT' }), 'its type is another'],
    ['was signed by somebody else', () => signed({}, {}, other), 'signature does not fit'],
    ['names a key that there is not', () => signed({}, { kid: 'unknown' }), 'no such key'],
    ['was changed', async () => (await signed()).replace(/\.[^.]+\./, `.${btoa('{"aud":"api"}')}.`), ''],
  ])('that %s', async (_, token, words) => {
    const { verifier } = await subject()
    const text = await token()
    const failure = await failureOf(verifier.verify(text))
    expect(failure).toMatchObject({
      kind: 'distrust',
      code: 'token_not_verified',
      message: expect.stringContaining(words),
    })
    expect(EvergrantError.is(failure)).toBe(true)
    expect(inspect(failure, { depth: 9 })).not.toContain('user 7')
  })

  it('that is signed with a secret, or in a way that is not allowed', async () => {
    const { verifier } = await subject({ algorithms: ['PS256'] })
    expect(await failureOf(verifier.verify(await signed()))).toMatchObject({
      message: expect.stringContaining('not allowed'),
    })
    const confused = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .sign(new TextEncoder().encode(JSON.stringify(await publicJwk(key, 'k'))))
    const usual = (await subject()).verifier
    expect(await failureOf(usual.verify(confused))).toMatchObject({ code: 'token_not_verified' })
  })

  it('by a clock that is out by a little', async () => {
    const { verifier, clock } = await subject({ clockToleranceMs: 2_000 })
    const token = await signed({ exp: Math.floor(clock.now() / 1_000) + 10 })
    clock.jump(11_000)
    await verifier.verify(token)
    clock.jump(2_000)
    expect(await failureOf(verifier.verify(token))).toMatchObject({
      message: expect.stringContaining('expired'),
    })
  })
})

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens at the same time', async () => {
    const { verifier, transport } = await subject()
    const token = await signed()
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)))
    expect(transport.requests).toHaveLength(2)
  })

  it('are not fetched for every token with an unknown key', async () => {
    const { verifier, transport } = await subject()
    for (let i = 0; i < 10; i++) await failureOf(verifier.verify(await signed({}, { kid: `unknown-${i}` })))
    expect(transport.requests).toHaveLength(2)
  })

  it('are fetched again for an unknown key once a while has passed, so that a new one is found', async () => {
    const keys = [await publicJwk(other, 'old')]
    const { verifier, transport } = await subject({ cooldownMs: 0 }, await keyServer(keys))
    expect(await failureOf(verifier.verify(await signed()))).toMatchObject({ code: 'token_not_verified' })
    keys.push(await publicJwk(key, 'k'))
    await verifier.verify(await signed())
    expect(transport.requests.length).toBeGreaterThan(2)
  })

  it('that cannot be had are asked for again after a second, and the failure is told meanwhile', async () => {
    const { verifier, transport, clock } = await subject()
    const broken = new EvergrantError(fail('transport_failed'))
    transport.expect(broken)
    const token = await signed()
    for (let i = 0; i < 5; i++) {
      expect(await failureOf(verifier.verify(token))).toMatchObject({
        kind: 'retry',
        code: 'transport_failed',
      })
    }
    expect(transport.requests).toHaveLength(1)
    clock.jump(1_000)
    await verifier.verify(token)
  })

  it.each([
    [503, 'retry', 'server_error'],
    [404, 'distrust', 'response_status'],
  ])('behind a status of %i are a failure of kind %s', async (status, kind, code) => {
    const { verifier, transport } = await subject({ jwksUri: METADATA.jwks_uri })
    transport.expect(jsonResponse({}, status))
    expect(await failureOf(verifier.verify(await signed()))).toMatchObject({ kind, code, status })
  })

  it('are not taken from another issuer’s metadata, nor from where there is none', async () => {
    const evil = await subject({}, jsonResponse({ ...METADATA, issuer: 'https://evil.example' }))
    expect(await failureOf(evil.verifier.verify(await signed()))).toMatchObject({ code: 'issuer_mismatch' })
    const none = await subject({}, jsonResponse({}, 404))
    expect(await failureOf(none.verifier.verify(await signed()))).toMatchObject({ code: 'endpoint_missing' })
    expect(() => jwtVerifier({ issuer: 'as.example', audience: 'a' })).toThrow('not an absolute URL')
  })

  it('that the transport gives up on are a failure to try again after', async () => {
    const late = held()
    const { verifier, transport } = await subject({ jwksUri: METADATA.jwks_uri })
    transport.expect(late.step)
    const verifying = failureOf(verifier.verify(await signed()))
    await late.arrived
    late.fail(new EvergrantError(fail('request_timed_out')))
    expect(await verifying).toMatchObject({ kind: 'retry', code: 'request_timed_out' })
  })
})
