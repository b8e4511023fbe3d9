import { describe, expect, it } from 'vitest'
import {
  EvergrantError,
  type GrantPolicyInput,
  grantIdentity,
  grantPolicy,
  IDEMPOTENT_DEFAULTS,
  SINGLE_USE_DEFAULTS,
  tolerantProfile,
} from '../src/index.ts'

const client = grantIdentity({
  provider: 'p',
  tokenEndpoint: 'https://as.example/token',
  clientId: 'id',
  grantType: 'client_credentials',
})
const user = { ...client, grantType: 'refresh_token' as const }

function policy(input: Partial<GrantPolicyInput> = {}) {
  return grantPolicy({ identity: client, holder: 'h', profile: tolerantProfile, ...input })
}

describe('a policy', () => {
  it('is patient where a second request would cost the grant, and quick where it would not', () => {
    expect(policy()).toMatchObject(IDEMPOTENT_DEFAULTS)
    expect(policy({ identity: user })).toMatchObject(SINGLE_USE_DEFAULTS)
    expect(policy({ identity: user, refreshTokenUse: 'reusable' })).toMatchObject(IDEMPOTENT_DEFAULTS)
    expect(policy({ renewWith: 'refresh_token' })).toMatchObject(SINGLE_USE_DEFAULTS)
    expect(policy({ reissue: 'replaces' })).toMatchObject(SINGLE_USE_DEFAULTS)
  })

  it('takes an undefined option for one that was not given', () => {
    const { leaseMs } = policy({ leaseMs: undefined } as unknown as Partial<GrantPolicyInput>)
    expect(leaseMs).toBe(IDEMPOTENT_DEFAULTS.leaseMs)
  })

  it.each<[string, Partial<GrantPolicyInput>]>([
    ['requestTimeoutMs is 5000, more than 4999', { leaseMs: 5_999 }],
    ['renewFraction is 0.95', { renewFraction: 0.95 }],
    ['renewSpread is 1.5', { renewSpread: 1.5 }],
    ['renewSpread is -1', { renewSpread: -1 }],
    ['backoffMinMs is 70000', { backoffMinMs: 70_000 }],
    ['latchMs is 400000', { latchMs: 400_000 }],
    ['requestTimeoutMs is 0', { requestTimeoutMs: 0 }],
    ['requestTimeoutMs is 1.5', { requestTimeoutMs: 1.5 }],
    ['waitersMax is NaN', { waitersMax: Number.NaN }],
    ['expiryMarginMs is -1', { expiryMarginMs: -1 }],
    ['lifetimeMsMax is Infinity', { lifetimeMsMax: Number.POSITIVE_INFINITY }],
    ['requestTimeoutMs is 5000, more than 1000', { nonAdvancingMinMs: 1_000 }],
    ['renews with its refresh token', { identity: user, renewWith: 'client_credentials' }],
    ['seedRefreshToken is for delegated', { seedRefreshToken: 'r' }],
  ])('is refused when %s', (words, input) => {
    try {
      policy(input)
    } catch (error) {
      if (!EvergrantError.is(error)) throw error
      expect(error).toMatchObject({ kind: 'configure', code: 'invalid_option' })
      expect(error.message).toContain(words)
      return
    }
    throw new Error('it was accepted')
  })

  it('may have zeros where nothing is a sensible amount', () => {
    expect(
      policy({ renewBeforeMs: 0, expiryMarginMs: 0, commitBudgetMs: 0, quickRetriesMax: 0 }),
    ).toBeDefined()
  })
})
