import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalText,
  decodeRecord,
  encodeRecord,
  type GrantIdentity,
  type GrantIdentityInput,
  type GrantRecord,
  grantIdentity,
  recordKey,
  type TokenType,
} from '../../src/index.ts'
import { emptyRecord } from '../../src/record/grant-record.ts'

const BASE: GrantIdentityInput = {
  provider: 'p',
  tokenEndpoint: 'https://as.example/token',
  clientId: 'id',
  grantType: 'token_exchange',
  resources: ['r'],
}

function key(more: Partial<GrantIdentityInput>): string {
  return recordKey(grantIdentity({ ...BASE, ...more }))
}

describe('what few grants have', () => {
  it('sets them apart from all others, and from one another', () => {
    const variants: Partial<GrantIdentityInput>[] = [
      {},
      { keyThumbprint: 'k' },
      { keyThumbprint: 'l' },
      { keyThumbprint: '' },
      { actor: 'k' },
      { actor: '' },
      { parameters: [['a', 'b']] },
      { parameters: [['b', 'a']] },
      { parameters: [['ab', '']] },
      { refreshScopes: ['k'] },
      { resources: ['r', 'k'] },
    ]
    expect(new Set(variants.map(key)).size).toBe(variants.length)
  })

  it('does not depend on an order, and counts for nothing where it is empty', () => {
    const pairs = [
      ['b', '1'],
      ['a', '2'],
    ] as const
    expect(key({ parameters: pairs })).toBe(key({ parameters: pairs.toReversed() }))
    expect(key({ refreshScopes: ['y', 'x', 'y'] })).toBe(key({ refreshScopes: ['x', 'y'] }))
    expect(key({ refreshScopes: [], parameters: [] })).toBe(key({}))
  })

  it('leaves the key of a grant that has none of it as it always was', () => {
    const identity = grantIdentity({ ...BASE, grantType: 'client_credentials', scopes: ['s'] })
    expect(canonicalText(identity)).toBe(
      '1:p24:https://as.example/token2:id18:client_credentials-1[1:s-1[1:r',
    )
  })

  it('cannot be taken for something else, whatever the texts are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '-', '1', '[') })
    const particular = fc.record(
      {
        keyThumbprint: text,
        actor: text,
        parameters: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 2 }),
        refreshScopes: fc.array(text, { minLength: 1 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(particular, particular, (one, other) => {
        const [a, b] = [grantIdentity({ ...BASE, ...one }), grantIdentity({ ...BASE, ...other })]
        expect(canonicalText(a) === canonicalText(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 2_000 },
    )
  })
})

function held(identity: GrantIdentity, tokenType: TokenType): GrantRecord {
  const tokens = {
    accessToken: 'a',
    tokenType,
    sentAt: 1,
    expiresAt: 2,
    lifetime: 'finite',
    scope: undefined,
    refreshToken: undefined,
    extra: {},
  } as const
  return { ...emptyRecord(identity), fence: 1, generation: 1, tokens }
}

describe('the stored token of a grant', () => {
  const bearer = grantIdentity(BASE)
  const bound = grantIdentity({ ...BASE, keyThumbprint: 'k' })

  it.each([
    ['a bearer token', bearer, 'Bearer', 'record'],
    ['a bound token', bound, 'DPoP', 'record'],
    ['a bound token where bearer tokens are held', bearer, 'DPoP', 'miss'],
    ['a bearer token where bound ones are held', bound, 'Bearer', 'miss'],
  ] as const)('that is %s decodes to what it may be', (_, identity, type, kind) => {
    expect(decodeRecord(encodeRecord(held(identity, type), 'store'), identity)).toMatchObject({ kind })
  })

  it('that is bound to a key is nothing to the holder of another', () => {
    const other = grantIdentity({ ...BASE, keyThumbprint: 'another' })
    expect(decodeRecord(encodeRecord(held(bound, 'DPoP'), 'store'), other)).toEqual({ kind: 'miss' })
  })
})
