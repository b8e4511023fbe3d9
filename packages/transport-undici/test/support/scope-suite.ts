import type { TokenSupply } from '@evergrant/core'
import { bearerApi, scopeLedger } from '@evergrant/core/calls'
import type * as Undici from 'undici'
import { expect, it } from 'vitest'
import type * as Subject from '../../src/index.ts'
import { apiServer } from './api-server.ts'
import { failureOf } from './call-suite.ts'
import { numberedTokens } from './numbered-tokens.ts'

/** A supply whose tokens were granted these scopes. */
function granting(scope: readonly string[], cold: boolean): TokenSupply {
  const tokens = numberedTokens()
  tokens.cold = cold
  return {
    current: () => {
      const held = tokens.current()
      return held && { ...held, scope }
    },
    token: async options => ({ ...(await tokens.token(options)), scope }),
    reject: tokens.reject,
  }
}

/** Calls that require scopes, over one major of undici. */
export function scopeSuite(undici: typeof Undici, { authorizedDispatcher }: typeof Subject): void {
  it.each([
    ['held', false],
    ['obtained', true],
  ])('are not sent when a token that is %s lacks one, and are written down', async (_, cold) => {
    const server = await apiServer()
    const api = bearerApi({ origins: [server.url] })
    const ledger = scopeLedger()
    const options = { requires: ['read'], ledger }
    const send = async (scope: readonly string[]) => {
      const dispatcher = authorizedDispatcher(granting(scope, cold), api, options)
      const { statusCode, body } = await undici.request(server.url, { dispatcher })
      await body.dump()
      return statusCode
    }
    expect(await send(['read', 'write'])).toBe(200)
    expect(await failureOf(send(['write']))).toMatchObject({ kind: 'configure', code: 'insufficient_scope' })
    expect(server.asked).toHaveLength(1)
    expect(ledger.report()).toEqual({ used: ['read'], unused: ['write'], missing: [] })
    await server.close()
  })
}
