import {
  type GrantPolicy,
  type GrantType,
  grantPolicy,
  keepingRefreshTokens,
  type MessageProfile,
  type Store,
} from '@evergrant/core'
import { grantIdentityOf } from './grant-identity-of.ts'
import type { GrantOptions } from './grant-options.ts'

/** What has to be read before a session can be found. */
export interface Particulars {
  readonly id: string
  /** The refresh token that the grant begins with. */
  readonly seed?: string | undefined
  /** Of the key that tokens are bound to. */
  readonly thumbprint?: string | undefined
}

/** The policies of the sessions over one store. */
export class Policies {
  readonly #traits: Store['traits']
  /** Most grants of a service differ in who they are of, and in nothing else. */
  #last: { readonly options: GrantOptions; readonly draft: GrantPolicy } | undefined

  constructor(traits: Store['traits']) {
    this.#traits = traits
  }

  /**
   * Makes the policy of a grant, with stand-ins for what has to be read first. Throws an `EvergrantError` of code
   * `invalid_option` for options that are none.
   */
  check(options: GrantOptions): GrantPolicy {
    const draft = this.#make(options)
    this.#last = { options, draft }
    return draft
  }

  /** The policy of a grant, with an identity of its own. `holder`: a name that no other session has. */
  of(options: GrantOptions, { id, seed, thumbprint }: Particulars, holder: string): GrantPolicy {
    const last = this.#last
    const draft = last !== undefined && isAlike(last.options, options) ? last.draft : this.check(options)
    const identity = grantIdentityOf(options, id, thumbprint)
    return { ...draft, identity, holder, seedRefreshToken: seed }
  }

  #make(options: GrantOptions): GrantPolicy {
    const { provider, keepWarm = false, role = 'renewer' } = options
    const identity = grantIdentityOf(options, 'client', undefined)
    const { grantType } = identity
    const { scope, staleMsMax } = this.#traits
    return grantPolicy({
      ...provider.policy,
      ...options.policy,
      identity,
      holder: 'nobody',
      profile: profileFor(grantType, provider.profile),
      renewWith: (grantType === 'client_credentials' ? provider.renewWith : undefined) ?? grantType,
      refreshTokenUse: provider.refreshTokenUse ?? 'single_use',
      reissue: provider.reissue ?? 'adds',
      keepWarm,
      role,
      shared: scope !== 'process',
      // A server on the network answers a write as soon as a read, and nearer copies of its records there are none.
      leaseUnseen: scope === 'shared' && staleMsMax === 0,
    })
  }
}

/** Whether two grants are kept in the same way. */
function isAlike(one: GrantOptions, other: GrantOptions): boolean {
  return (
    one === other ||
    (one.provider === other.provider &&
      one.policy === other.policy &&
      one.grant?.type === other.grant?.type &&
      one.keepWarm === other.keepWarm &&
      one.role === other.role)
  )
}

/** How answers are read: refresh tokens are kept where the grant lives by them, and only there. */
function profileFor(grantType: GrantType, profile: MessageProfile): MessageProfile {
  if (grantType === 'refresh_token') return keepingRefreshTokens(profile)
  // What can be exchanged again needs no refresh token, and one that is not kept cannot leak.
  return grantType === 'token_exchange' ? { ...profile, refreshToken: 'ignore' } : profile
}
