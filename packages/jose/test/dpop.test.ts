import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import type { ApiAnswer } from '@evergrant/core/calls'
import { secret } from '@evergrant/runtime'
import { calculateJwkThumbprint, EmbeddedJWK, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { type DpopOptions, dpop } from '../src/index.ts'
import { failureOf, testKey } from './support/keys.ts'

const NOW = 1_767_225_600_000
const currentDate = new Date(NOW)
const URL_ = 'https://as.example/token'

function subject(options: DpopOptions = {}) {
  return dpop({ clock: { now: () => NOW }, ...options })
}

async function verified(proof: string) {
  return jwtVerify(proof, EmbeddedJWK, { currentDate, typ: 'dpop+jwt' })
}

function answer(status: number, headers: Record<string, string> = {}, body?: string): ApiAnswer {
  return { status, header: name => headers[name], body }
}

describe('a proof of possession', () => {
  it('is about one request, and verified by the key that it brings along (RFC 9449 §4.2)', async () => {
    const prover = subject()
    const proof = await prover.prove({ method: 'POST', url: URL_ })
    const { payload, protectedHeader } = await verified(proof)
    expect(payload).toEqual({
      htm: 'POST',
      htu: URL_,
      iat: NOW / 1_000,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(protectedHeader).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
    })
    const { jwk } = protectedHeader
    if (jwk === undefined) throw new Error('there is no key')
    expect(await prover.thumbprint()).toBe(await calculateJwkThumbprint(jwk))
  })

  it('is bound to the token that is presented', async () => {
    const { payload } = await verified(await subject().prove({ method: 'GET', url: URL_, accessToken: 't' }))
    expect(payload.ath).toBe(createHash('sha256').update('t').digest('base64url'))
  })

  it.each([
    ['https://api.example/a/b?c=d#e', 'https://api.example/a/b'],
    ['https://API.example:443/a?c', 'https://api.example/a'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ])('names %s without query and fragment', async (url, htu) => {
    expect((await verified(await subject().prove({ method: 'GET', url }))).payload.htu).toBe(htu)
  })

  it('is never the same twice', async () => {
    const prover = subject()
    const request = { method: 'GET', url: URL_ }
    const proofs = await Promise.all(Array.from({ length: 50 }, () => prover.prove(request)))
    const ids = await Promise.all(proofs.map(async proof => (await verified(proof)).payload.jti))
    expect(new Set(ids).size).toBe(50)
  })

  it('is made in time by the system’s clock unless there is another', async () => {
    const { payload } = await jwtVerify(await dpop().prove({ method: 'GET', url: URL_ }), EmbeddedJWK, {
      maxTokenAge: 60,
    })
    expect(payload.iat).toBeDefined()
  })
})

describe('the key', () => {
  it('is a new one unless it is given, and cannot be exported', async () => {
    const [one, other] = [subject(), subject()]
    expect(await one.thumbprint()).not.toBe(await other.thumbprint())
    expect(await one.thumbprint()).toBe(await one.thumbprint())
    expect(
      (await verified(await subject({ alg: 'EdDSA' }).prove({ method: 'GET', url: URL_ }))).protectedHeader,
    ).toMatchObject({ alg: 'EdDSA', jwk: { kty: 'OKP' } })
  })

  it.each(['ES256', 'EdDSA', 'RS256'])(
    'of kind %s may be given in any form, and is the same in each',
    async alg => {
      const { privateKey, publicKey, jwk, pem } = await testKey(alg)
      const forms: NonNullable<DpopOptions['key']>[] = [
        { privateKey, publicKey },
        jwk,
        pem,
        JSON.stringify(jwk),
        secret(() => pem),
      ]
      const expected = await calculateJwkThumbprint(await exportJWK(publicKey))
      for (const key of forms) {
        const prover = subject({ key })
        expect(await prover.thumbprint()).toBe(expected)
        const proof = await prover.prove({ method: 'GET', url: URL_ })
        const { protectedHeader } = await verified(proof)
        expect(protectedHeader.alg).toBe(alg)
        expect(JSON.stringify(protectedHeader)).not.toContain(jwk.d)
      }
    },
  )

  it('may be one that cannot be exported', async () => {
    const key = await generateKeyPair('ES256', { extractable: false })
    await verified(await subject({ key }).prove({ method: 'GET', url: URL_ }))
  })

  it('that cannot be used is a matter of configuration, told each time and not quoted', async () => {
    const { publicKey, privateKey, jwk } = await testKey('ES256')
    const { d: _, ...half } = jwk
    const keys: DpopOptions[] = [
      { key: half },
      { key: 'nonsense-that-is-secret' },
      { key: { privateKey: publicKey, publicKey } },
      { key: { privateKey, publicKey }, alg: 'RS256' },
      { alg: 'HS256' },
    ]
    for (const options of keys) {
      const prover = subject(options)
      for (let attempt = 0; attempt < 2; attempt++) {
        const failure = await failureOf(prover.prove({ method: 'GET', url: URL_ }))
        expect(failure).toMatchObject({ kind: 'configure', code: 'key_unusable' })
        expect(inspect(failure)).not.toMatch(/nonsense|that-is-secret/)
      }
    }
  })

  it('that could not be read is read again', async () => {
    const { pem } = await testKey('ES256')
    const texts = ['', pem]
    const prover = subject({ key: secret(() => texts.shift() ?? '') })
    expect(await failureOf(prover.thumbprint())).toMatchObject({ code: 'secret_unavailable' })
    const thumbprint = await prover.thumbprint()
    expect(await prover.thumbprint()).toBe(thumbprint)
  })

  it('is not printed', async () => {
    const { pem, jwk } = await testKey('ES256')
    const prover = subject({ key: pem })
    await prover.thumbprint()
    const printed = inspect(prover, { depth: 9, showHidden: true }) + JSON.stringify(prover)
    expect(printed).not.toContain('PRIVATE')
    expect(printed).not.toContain(jwk.d)
  })
})

describe('a nonce', () => {
  async function nonceFor(prover: ReturnType<typeof dpop>, url: string) {
    return (await verified(await prover.prove({ method: 'GET', url }))).payload.nonce
  }

  it.each([
    ['a token endpoint', answer(400, { 'dpop-nonce': 'n' }, '{"error":"use_dpop_nonce"}'), true],
    ['a token endpoint, with 401', answer(401, { 'dpop-nonce': 'n' }, '{"error":"use_dpop_nonce"}'), true],
    [
      'an API',
      answer(401, { 'dpop-nonce': 'n', 'www-authenticate': 'DPoP realm="x", error="use_dpop_nonce"' }),
      true,
    ],
    [
      'an API with two schemes',
      answer(401, { 'dpop-nonce': 'n', 'www-authenticate': 'Bearer, DPoP error=use_dpop_nonce' }),
      true,
    ],
    ['nobody, beside a good answer', answer(200, { 'dpop-nonce': 'n' }, '{}'), false],
    ['nobody, beside another error', answer(400, { 'dpop-nonce': 'n' }, '{"error":"invalid_grant"}'), false],
    [
      'nobody, for the token is what is wrong',
      answer(401, { 'dpop-nonce': 'n', 'www-authenticate': 'DPoP error="invalid_token"' }),
      false,
    ],
    ['nobody, in a success', answer(200, { 'dpop-nonce': 'n' }, '{"error":"use_dpop_nonce"}'), false],
  ])('is asked for by %s, and used from then on', async (_, answered, asks) => {
    const prover = subject()
    expect(prover.heed(URL_, answered)).toBe(asks)
    expect(await nonceFor(prover, URL_)).toBe('n')
    expect(await nonceFor(prover, 'https://as.example/elsewhere')).toBe('n')
    expect(await nonceFor(prover, 'https://api.example/')).toBeUndefined()
  })

  it('that is asked for and not given helps nobody', () => {
    expect(subject().heed(URL_, answer(400, {}, '{"error":"use_dpop_nonce"}'))).toBe(false)
  })

  it('that is none is ignored, and the last one kept', async () => {
    const prover = subject()
    prover.heed(URL_, answer(200, { 'dpop-nonce': 'good' }))
    for (const bad of ['', 'with space', 'qu"ote', 'x'.repeat(1_025), '\n']) {
      prover.heed(URL_, answer(200, { 'dpop-nonce': bad }))
    }
    expect(await nonceFor(prover, URL_)).toBe('good')
  })

  it('is replaced by the newest', async () => {
    const prover = subject()
    for (const nonce of ['one', 'two']) prover.heed(URL_, answer(500, { 'dpop-nonce': nonce }))
    expect(await nonceFor(prover, URL_)).toBe('two')
  })

  it('is remembered for so many servers and no more', async () => {
    const prover = subject({ originsMax: 2 })
    for (const host of ['a', 'b', 'a', 'c']) {
      prover.heed(`https://${host}.example/x`, answer(200, { 'dpop-nonce': host }))
    }
    const nonces = ['a', 'b', 'c'].map(host => nonceFor(prover, `https://${host}.example/`))
    expect(await Promise.all(nonces)).toEqual(['a', undefined, 'c'])
  })
})
