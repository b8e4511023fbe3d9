import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalText,
  type GrantIdentityInput,
  grantIdentity,
  identityFingerprint,
  recordKey,
} from '../../src/index.ts'

const texts = fc.string({ unit: fc.constantFrom('a', 'b', ':', '-', '1', '[', '2') })
const input: fc.Arbitrary<GrantIdentityInput> = fc.record(
  {
    provider: texts,
    tokenEndpoint: texts,
    clientId: texts,
    grantType: fc.constantFrom('client_credentials' as const, 'refresh_token' as const),
    subject: texts,
    scopes: fc.array(texts),
    audience: texts,
    resources: fc.array(texts),
  },
  { requiredKeys: ['provider', 'tokenEndpoint', 'clientId', 'grantType'] },
)

describe('the key of a grant', () => {
  it('is the same for two configurations exactly when they mean the same grant', () => {
    fc.assert(
      fc.property(input, input, (one, other) => {
        const same = JSON.stringify(grantIdentity(one)) === JSON.stringify(grantIdentity(other))
        expect(recordKey(grantIdentity(one)) === recordKey(grantIdentity(other))).toBe(same)
      }),
      { numRuns: 2_000 },
    )
  })

  it('does not depend on the order or repetition of scopes', () => {
    fc.assert(
      fc.property(input, fc.array(texts), (base, scopes) => {
        const key = (list: string[]) => recordKey(grantIdentity({ ...base, scopes: list }))
        expect(key([...scopes, ...scopes].reverse())).toBe(key(scopes))
      }),
    )
  })

  it('differs when any one part differs, absence and emptiness included', () => {
    const base: GrantIdentityInput = {
      provider: 'baidu',
      tokenEndpoint: 'https://a/token',
      clientId: 'id',
      grantType: 'client_credentials',
    }
    const variants: GrantIdentityInput[] = [
      base,
      { ...base, provider: 'other' },
      { ...base, tokenEndpoint: 'https://b/token' },
      { ...base, clientId: 'id2' },
      { ...base, grantType: 'refresh_token' },
      { ...base, subject: '' },
      { ...base, subject: 'x' },
      { ...base, scopes: ['x'] },
      { ...base, scopes: [''] },
      { ...base, audience: 'x' },
      { ...base, resources: ['x'] },
    ]
    expect(new Set(variants.map(each => recordKey(grantIdentity(each)))).size).toBe(variants.length)
  })

  it('shows nothing of the client', () => {
    const identity = grantIdentity({
      provider: 'p',
      tokenEndpoint: 'https://a',
      clientId: 'my-client-id',
      grantType: 'client_credentials',
    })
    expect(recordKey(identity)).toMatch(/^evergrant:1:[0-9a-f]{64}$/)
    expect(identityFingerprint(identity)).toMatch(/^[0-9a-f]{16}$/)
    expect(canonicalText(identity)).toContain('12:my-client-id')
  })
})
