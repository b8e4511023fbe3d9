import { EvergrantError, fail, type TokenSupply } from '@evergrant/core'

/** A supply of token-1, token-2, …: a rejected one is followed by the next. */
export interface NumberedTokens extends TokenSupply {
  /** How many tokens were obtained. */
  readonly obtained: number
  /** Whether a token is held before anybody has asked. */
  cold: boolean
  /** What asking for a new token fails with, if it does. */
  failure: EvergrantError | undefined
}

export function numberedTokens(): NumberedTokens {
  let number = 1
  let rejected = false
  const supply: NumberedTokens = {
    cold: false,
    failure: undefined,
    get obtained() {
      return number
    },
    current: () => (rejected || supply.cold ? undefined : { accessToken: `token-${number}` }),
    async token({ signal } = {}) {
      await new Promise(resolve => setImmediate(resolve))
      if (signal?.aborted) throw new EvergrantError(fail('aborted'))
      if (supply.failure !== undefined) throw supply.failure
      if (rejected) number += 1
      rejected = false
      supply.cold = false
      return { accessToken: `token-${number}` }
    },
    reject(token) {
      if (token === `token-${number}`) rejected = true
    },
  }
  return supply
}
