import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeForm, encodeFormText, grantIdentity, tokenRequest } from '../../src/index.ts'

const identity = grantIdentity({
  provider: 'p',
  tokenEndpoint: 'https://as.example/token',
  clientId: 'id',
  grantType: 'client_credentials',
  scopes: ['b', 'a', 'b'],
})

describe('a token request', () => {
  it('for client credentials asks for the scopes, sorted', () => {
    expect(tokenRequest(identity, undefined)).toEqual({
      endpoint: 'https://as.example/token',
      parameters: [
        ['grant_type', 'client_credentials'],
        ['scope', 'a b'],
      ],
      headers: [['accept', 'application/json']],
      secrets: [],
    })
  })

  it('for a refresh presents the refresh token, keeps it secret and asks for no scope', () => {
    const request = tokenRequest(identity, 'r')
    expect(request.parameters).toEqual([
      ['grant_type', 'refresh_token'],
      ['refresh_token', 'r'],
    ])
    expect(request.secrets).toEqual(['r'])
  })

  it('names audience and resources', () => {
    const request = tokenRequest({ ...identity, scopes: [], audience: 'x', resources: ['u', 'v'] }, undefined)
    expect(request.parameters.slice(1)).toEqual([
      ['audience', 'x'],
      ['resource', 'u'],
      ['resource', 'v'],
    ])
  })
})

describe('a form', () => {
  it('is encoded as browsers encode it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))), pairs => {
        expect(encodeForm(pairs)).toBe(new URLSearchParams(pairs).toString())
      }),
    )
  })

  it('encodes everything but letters, digits and *-._', () => {
    expect(encodeFormText("a b&c=d/e+f~g!h'i(j)k*l-m.n_o:p")).toBe(
      'a+b%26c%3Dd%2Fe%2Bf%7Eg%21h%27i%28j%29k*l-m.n_o%3Ap',
    )
    expect(encodeFormText('\ud800')).toBe('%EF%BF%BD')
  })
})
