import { jsonResponse } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { oauthProvider } from '../src/index.ts'
import { failureOf, rig } from './support/rig.ts'

describe('an OAuth provider', () => {
  it('needs nothing but a token endpoint, and authenticates as every server must support', async () => {
    const provider = oauthProvider({ tokenEndpoint: 'https://as.example/token' })
    const { source, transport } = rig({ provider })
    await source.token()
    expect(provider.name).toBe('as.example')
    expect(transport.requests[0]).toMatchObject({
      url: 'https://as.example/token',
      body: 'grant_type=client_credentials',
    })
    expect(transport.requests[0]?.headers).toContainEqual([
      'authorization',
      `Basic ${btoa('the-id:the-s3cret')}`,
    ])
  })

  it('can be told to insist on the letter of the RFC', async () => {
    const provider = oauthProvider({ tokenEndpoint: 'https://as.example/token', strict: true, name: 'mine' })
    const { source } = rig({ provider }, jsonResponse({ access_token: 'a', expires_in: 3600 }))
    expect(await failureOf(source.token())).toMatchObject({
      kind: 'distrust',
      code: 'response_wrong_type',
    })
  })

  it('is refused without an absolute URL', () => {
    expect(() => oauthProvider({ tokenEndpoint: 'as.example/token' })).toThrow(/not an absolute URL/)
  })
})
