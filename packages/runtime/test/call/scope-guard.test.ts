import { jsonResponse } from '@evergrant/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorizedFetch, scopeLedger } from '../../src/calls.ts'
import { type ApiServer, apiServer } from '../support/api-server.ts'
import { failureOf, rig } from '../support/rig.ts'

let server: ApiServer
beforeEach(async () => {
  server = await apiServer()
})
afterEach(() => server[Symbol.asyncDispose]())

function granting(scope: string | undefined) {
  return rig({}, jsonResponse({ access_token: 'token-1', expires_in: 3600, scope })).source
}

describe('a call that requires scopes', () => {
  it('is not sent when the token lacks one', async () => {
    const call = authorizedFetch(granting('read'), server.api, { requires: ['read', 'write'] })
    const error = await failureOf(call(server.url))
    expect(error).toMatchObject({ kind: 'configure', code: 'insufficient_scope' })
    expect(error.message).toContain('lacks the scope write')
    expect(server.asked).toEqual([])
  })

  it.each([['read write'], [undefined]])('is sent when the token was granted %j', async scope => {
    const call = authorizedFetch(granting(scope), server.api, { requires: ['write'] })
    expect((await call(server.url)).status).toBe(200)
  })

  it('is written down with what was granted and what was needed', async () => {
    const ledger = scopeLedger()
    const source = granting('read write')
    await authorizedFetch(source, server.api, { requires: ['read'], ledger })(server.url)
    expect(ledger.report()).toEqual({ used: ['read'], unused: ['write'], missing: [] })
  })
})
