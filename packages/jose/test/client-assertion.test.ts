import { inspect } from 'node:util'
import { EvergrantError, fail, type HttpRequest, type Secret, type TokenRequest } from '@evergrant/core'
import { secret } from '@evergrant/runtime'
import { decodeProtectedHeader, generateKeyPair, type JWTPayload, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type ClientSecretJwtOptions,
  clientSecretJwt,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
} from '../src/index.ts'
import { failureOf, type TestKey, testKey } from './support/keys.ts'

const NOW = 1_767_225_600_000
const REQUEST: TokenRequest = {
  endpoint: 'https://as.example/token',
  parameters: [['grant_type', 'client_credentials']],
  headers: [['accept', 'application/json']],
  secrets: ['known'],
}
const clock = { now: () => NOW }
const currentDate = new Date(NOW)

function assertionOf({ body }: HttpRequest): string {
  return new URLSearchParams(body).get('client_assertion') ?? ''
}

let es256: TestKey

beforeAll(async () => {
  es256 = await testKey('ES256')
})

/** The claims of an assertion that `key` has signed. */
async function claims(options: Partial<PrivateKeyJwtOptions> = {}, request = REQUEST): Promise<JWTPayload> {
  const authentication = privateKeyJwt({ clientId: 'the-id', key: es256.jwk, clock, ...options })
  const assertion = assertionOf(await authentication.authenticate(request))
  return (await jwtVerify(assertion, es256.publicKey, { currentDate })).payload
}

describe('a client that authenticates with its private key', () => {
  it('adds an assertion to the request, and nothing else but its name (RFC 7523 §2.2)', async () => {
    const authentication = privateKeyJwt({ clientId: 'the-id', key: es256.jwk, clock })
    const request = await authentication.authenticate(REQUEST)
    const assertion = assertionOf(request)
    expect(Object.fromEntries(new URLSearchParams(request.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'the-id',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    })
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://as.example/token',
      headers: [
        ['accept', 'application/json'],
        ['content-type', 'application/x-www-form-urlencoded'],
      ],
      secrets: ['known', assertion],
    })
  })

  it('asserts who it is, for a minute at most', async () => {
    expect(await claims()).toEqual({
      iss: 'the-id',
      sub: 'the-id',
      aud: 'https://as.example/token',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: NOW / 1_000,
      exp: NOW / 1_000 + 60,
    })
    expect(await claims({ lifetimeSeconds: 5 })).toMatchObject({ exp: NOW / 1_000 + 5 })
  })

  it('says whom it speaks to: the issuer where it is known, or whoever it is told', async () => {
    const issuer = 'https://as.example'
    expect(await claims({}, { ...REQUEST, issuer })).toMatchObject({ aud: issuer })
    expect(await claims({ audience: 'x' }, { ...REQUEST, issuer })).toMatchObject({ aud: 'x' })
  })

  it('never asserts the same twice', async () => {
    const authentication = privateKeyJwt({ clientId: 'the-id', key: es256.jwk, clock })
    const requests = await Promise.all(Array.from({ length: 50 }, () => authentication.authenticate(REQUEST)))
    const ids = requests.map(request => JSON.parse(atob(assertionOf(request).split('.')[1] ?? '')).jti)
    expect(new Set(ids).size).toBe(50)
  })

  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256'])(
    'signs with its %s key, in whichever form it has it, and need not say how',
    async alg => {
      const { privateKey, publicKey, jwk, pem } = await testKey(alg)
      const forms: PrivateKeyJwtOptions['key'][] = [
        privateKey,
        jwk,
        JSON.stringify(jwk),
        pem,
        `\n${pem.replaceAll('\n', '\\n')}`,
        secret(() => pem),
      ]
      for (const key of forms) {
        const assertion = assertionOf(
          await privateKeyJwt({ clientId: 'the-id', key, clock }).authenticate(REQUEST),
        )
        const { protectedHeader } = await jwtVerify(assertion, publicKey, { currentDate })
        expect(protectedHeader).toEqual({ alg, typ: 'JWT' })
      }
    },
  )

  it('signs as it is told, or as its key says', async () => {
    const rsa = await testKey('PS256')
    for (const options of [
      { key: rsa.privateKey },
      { key: rsa.pem, alg: 'PS256' },
      { key: { ...rsa.jwk, alg: 'PS256', key_ops: ['verify'] } },
    ]) {
      const authentication = privateKeyJwt({ clientId: 'the-id', clock, ...options })
      const assertion = assertionOf(await authentication.authenticate(REQUEST))
      expect(decodeProtectedHeader(assertion).alg).toBe('PS256')
      await jwtVerify(assertion, rsa.publicKey, { currentDate })
    }
  })

  it('names its key', async () => {
    const named = { ...es256.jwk, kid: 'own' }
    const kid = async (options: Partial<PrivateKeyJwtOptions>) => {
      const authentication = privateKeyJwt({ clientId: 'the-id', key: named, clock, ...options })
      return decodeProtectedHeader(assertionOf(await authentication.authenticate(REQUEST))).kid
    }
    expect([await kid({}), await kid({ kid: 'other' }), await kid({ key: es256.pem })]).toEqual([
      'own',
      'other',
      undefined,
    ])
  })

  it('uses a key that was replaced with the next request', async () => {
    const next = await testKey('ES256')
    let current = es256
    const authentication = privateKeyJwt({ clientId: 'the-id', key: secret(() => current.pem), clock })
    await jwtVerify(assertionOf(await authentication.authenticate(REQUEST)), es256.publicKey, { currentDate })
    current = next
    await jwtVerify(assertionOf(await authentication.authenticate(REQUEST)), next.publicKey, { currentDate })
  })

  it('may have its name in a secret', async () => {
    expect(await claims({ clientId: secret(() => 'late') })).toMatchObject({ iss: 'late', sub: 'late' })
  })

  it('reckons with the system’s clock unless it is given another', async () => {
    const authentication = privateKeyJwt({ clientId: 'the-id', key: es256.jwk })
    await jwtVerify(assertionOf(await authentication.authenticate(REQUEST)), es256.publicKey)
  })
})

describe('a key that cannot be used', () => {
  const SECRET = 'c2VjcmV0LWtleS1tYXRlcmlhbA' // evergrant: not a secret

  it.each<[string, unknown, string]>([
    ['is no key', `${SECRET}`, 'neither a JWK nor in PEM'],
    ['is damaged', `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`, 'is damaged'],
    ['is PKCS#1', `-----BEGIN RSA PRIVATE KEY-----\n${SECRET}`, 'not PKCS#8; convert it with: openssl'],
    ['is encrypted', `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${SECRET}`, 'is encrypted; decrypt it with'],
    ['is a certificate', `-----BEGIN CERTIFICATE-----\n${SECRET}`, 'is a certificate, not a private key'],
    ['is public', { kty: 'EC', crv: 'P-256', x: SECRET, y: SECRET }, 'is public'],
    ['is a secret', { kty: 'oct', k: SECRET }, 'is a secret'],
    ['is a damaged JWK', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: SECRET }, 'is damaged'],
    ['is of an unknown kind', { kty: 'EC', crv: 'P-1', d: SECRET }, 'name its algorithm'],
    ['is broken JSON', `{"d":"${SECRET}`, 'is no JSON'],
  ])('because it %s is a matter of configuration, and is not quoted', async (_, key, words) => {
    const given = key as PrivateKeyJwtOptions['key']
    for (const each of [given, ...(typeof given === 'string' ? [secret(() => given)] : [])]) {
      const failure = await failureOf(privateKeyJwt({ clientId: 'the-id', key: each }).authenticate(REQUEST))
      expect(EvergrantError.is(failure)).toBe(true)
      expect(failure).toMatchObject({
        kind: 'configure',
        code: 'key_unusable',
        message: expect.stringContaining(words),
      })
      expect(inspect(failure, { depth: 9 })).not.toContain(SECRET)
    }
  })

  it('because it is another kind of key of the platform', async () => {
    const { publicKey } = await generateKeyPair('ES256')
    const exchange = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, [
      'deriveBits',
    ])
    const encrypt = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt'])
    for (const key of [publicKey, exchange.privateKey, encrypt]) {
      const failure = failureOf(privateKeyJwt({ clientId: 'the-id', key }).authenticate(REQUEST))
      expect(await failure).toMatchObject({ code: 'key_unusable' })
    }
  })

  it('because it does not sign that way', async () => {
    for (const key of [es256.jwk, es256.pem, es256.privateKey]) {
      const authentication = privateKeyJwt({ clientId: 'the-id', key, alg: 'RS256' })
      expect(await failureOf(authentication.authenticate(REQUEST))).toMatchObject({ code: 'key_unusable' })
    }
  })

  it('because it cannot be read says so, and is read again the next time', async () => {
    const texts: (string | Error)[] = [new EvergrantError(fail('secret_unavailable')), '', es256.pem]
    const key: Secret = secret(() => {
      const text = texts.shift() ?? ''
      if (text instanceof Error) throw text
      return text
    })
    const authentication = privateKeyJwt({ clientId: 'the-id', key })
    expect(await failureOf(authentication.authenticate(REQUEST))).toMatchObject({
      code: 'secret_unavailable',
    })
    expect(await failureOf(authentication.authenticate(REQUEST))).toMatchObject({
      code: 'secret_unavailable',
    })
    expect(assertionOf(await authentication.authenticate(REQUEST))).not.toBe('')
  })

  it('is not printed by anything that holds it', () => {
    const text = inspect(privateKeyJwt({ clientId: 'the-id', key: es256.pem }), { depth: 9 })
    expect(text).not.toMatch(/PRIVATE KEY/)
  })
})

describe('the life of an assertion', () => {
  it.each([0, -1, 61, 1.5, Number.NaN])('is not %s seconds', lifetimeSeconds => {
    expect(() => privateKeyJwt({ clientId: 'i', key: es256.jwk, lifetimeSeconds })).toThrow('1 to 60')
    expect(() => clientSecretJwt({ clientId: 'i', secret: 's', lifetimeSeconds })).toThrow('1 to 60')
  })
})

describe('a client that signs with its secret', () => {
  const SECRET = 'a-secret-of-at-least-32-characters'

  async function assertion(options: Partial<ClientSecretJwtOptions> = {}) {
    const authentication = clientSecretJwt({ clientId: 'the-id', secret: SECRET, clock, ...options })
    return authentication.authenticate(REQUEST)
  }

  it.each(['HS256', 'HS384', 'HS512'] as const)('by %s, keeps it at home', async alg => {
    const request = await assertion({ alg })
    const { payload } = await jwtVerify(assertionOf(request), new TextEncoder().encode(SECRET), {
      currentDate,
      algorithms: [alg],
    })
    expect(payload).toMatchObject({ iss: 'the-id', aud: 'https://as.example/token', exp: NOW / 1_000 + 60 })
    expect(request.body).not.toContain(SECRET)
  })

  it('signs by HS256 unless it is told otherwise, and reads the secret anew each time', async () => {
    const secrets = [SECRET, `${SECRET}-2`]
    const authentication = clientSecretJwt({
      clientId: 'the-id',
      secret: secret(() => secrets.shift() ?? ''),
      clock,
    })
    for (const each of [SECRET, `${SECRET}-2`]) {
      const signed = assertionOf(await authentication.authenticate(REQUEST))
      const { protectedHeader } = await jwtVerify(signed, new TextEncoder().encode(each), { currentDate })
      expect(protectedHeader.alg).toBe('HS256')
    }
    expect(await failureOf(authentication.authenticate(REQUEST))).toMatchObject({
      code: 'secret_unavailable',
    })
  })
})
