import type { Provider, TokenDialect } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const DIALECT: TokenDialect = { format: 'query', idParameter: 'appid', secretParameter: 'appsecret' }

function providerOf(dialect: Partial<TokenDialect>, tokenEndpoint = PROVIDER.tokenEndpoint): Provider {
  return { ...PROVIDER, tokenEndpoint, tokenDialect: { ...DIALECT, ...dialect } }
}

describe('a server with a dialect of its own', () => {
  it.each([
    ['https://as.example/token', 'https://as.example/token?appid=the-id&appsecret=the-s3cret'],
    ['https://as.example/token?v=2', 'https://as.example/token?v=2&appid=the-id&appsecret=the-s3cret'],
  ])('is asked by a GET of %s that says id and secret, and nothing else', async (endpoint, url) => {
    const { source, transport } = rig({ provider: providerOf({}, endpoint) })
    await source.token()
    expect(transport.requests).toMatchObject([
      { method: 'GET', url, body: undefined, secrets: ['the-s3cret'] },
    ])
  })

  it('is asked by a JSON object whose members keep their types', async () => {
    const parameters = [
      ['grant_type', 'own'],
      ['force', true],
    ] as const
    const { source, transport } = rig({ provider: providerOf({ format: 'json', parameters }) })
    await source.token()
    expect(transport.requests).toMatchObject([
      {
        method: 'POST',
        url: 'https://as.example/token',
        body: '{"grant_type":"own","force":true,"appid":"the-id","appsecret":"the-s3cret"}',
        secrets: ['the-s3cret'],
      },
    ])
  })

  it.each([
    ['scopes', { scopes: ['a'] }, 'invalid_scope'],
    ['an audience', { audience: 'api' }, 'invalid_target'],
    [
      'a refresh',
      { grant: { type: 'refresh_token', refreshToken: 'r-1' } as const },
      'unsupported_grant_type',
    ],
  ])('is not asked for %s, which it would not understand', async (_, options, code) => {
    const { source, transport } = rig({ provider: providerOf({}), ...options })
    expect(await failureOf(source.token())).toMatchObject({ kind: 'configure', code })
    expect(transport.requests).toEqual([])
  })
})
