import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJwt } from '../../src/calls.ts'
import { fromBase64Url, toBase64Url } from '../../src/index.ts'

function jwt(header: unknown, claims: unknown, signature = 'c2ln'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${signature}`
}

describe('a JWT', () => {
  it('is read without its signature being checked', () => {
    const claims = { iat: 1_700_000_000, exp: 1_700_003_600, scope: 'a b', sub: '百度 🔑' }
    expect(readJwt(jwt({ alg: 'RS256', typ: 'at+jwt' }, claims))).toEqual({
      header: { alg: 'RS256', typ: 'at+jwt' },
      claims,
      issuedAt: 1_700_000_000_000,
      expiresAt: 1_700_003_600_000,
      scope: ['a', 'b'],
    })
    expect(readJwt(jwt({ alg: 'none' }, { scp: ['x'] }, ''))?.scope).toEqual(['x'])
  })

  it('is believed in no member that has not its type', () => {
    expect(readJwt(jwt({ alg: 'x' }, { exp: 'soon', iat: null, scope: [7] }))).toMatchObject({
      issuedAt: undefined,
      expiresAt: undefined,
      scope: undefined,
    })
  })

  it.each([
    '24.abc.2592000.1800000000.282335-1',
    'a.b',
    'a.b.c.d',
    jwt([], {}),
    jwt({ typ: 'JWT' }, {}),
    jwt({ alg: 'x' }, 'text'),
    jwt({ alg: 'x' }, null),
    `${jwt({ alg: 'x' }, {})}!`,
    'eyJ.eyJ.x',
    `${'a'.repeat(20_000)}.b.c`,
  ])('is none of these: %#', text => {
    expect(readJwt(text)).toBeUndefined()
  })

  it('never makes an exception of any text', () => {
    fc.assert(fc.property(fc.string(), text => void readJwt(text)))
    fc.assert(fc.property(fc.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]*$/), text => void readJwt(text)))
  })
})

describe('base64url', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect([...fromBase64Url(toBase64Url(bytes))]).toEqual([...bytes])
      }),
    )
  })

  it.each(['a', 'aa=', 'a+b/', 'ä'])('is not %s', text => {
    expect(() => fromBase64Url(text)).toThrow(RangeError)
  })
})
