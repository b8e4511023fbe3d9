import { localStore, type TokenSource, tokenRuntime, tokenSource } from '@evergrant/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientSetting, failureOf, type Setting, setting, signInByCode } from './support/setting.ts'

const PROCESSES = 16
const ROUNDS = 20

let here: Setting

beforeAll(async () => {
  here = await setting()
})
afterAll(() => here[Symbol.asyncDispose]())

/** The sources of a fleet: each with a runtime of its own, as in a process of its own, over one store. */
function fleet(): TokenSource[] {
  const { provider, client, transport } = clientSetting(here, 'client_secret_basic')
  const store = {
    ...localStore(),
    traits: { scope: 'shared', durable: true, evicts: false, staleMsMax: 0 },
  } as const
  return Array.from({ length: PROCESSES }, () =>
    tokenRuntime({ store, transport }).source({
      provider,
      client,
      grant: { type: 'refresh_token' },
      subject: 'somebody',
      // Tokens are rejected as soon as they are there, and the others look for new ones without being told.
      policy: { freshForMs: 0, pollMs: 10 },
    }),
  )
}

describe('a family of refresh tokens that rotates', () => {
  it('is used by 16 sources at once, and the server detects no reuse', async () => {
    const sources = fleet()
    const [first] = sources
    await first?.receive(await signInByCode(here, clientSetting(here, 'client_secret_basic')))
    const { refreshes, revocations } = here.server.seen
    const seen = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const tokens = await Promise.all(sources.map(source => source.token()))
      const distinct = new Set(tokens.map(({ accessToken }) => accessToken))
      expect(distinct.size).toBe(1)
      for (const token of distinct) seen.add(token)
      for (const source of sources) for (const token of distinct) source.reject(token)
    }
    expect([seen.size, here.server.seen]).toMatchObject([
      ROUNDS,
      { refreshes: refreshes + ROUNDS - 1, revocations },
    ])
    await Promise.all(sources.map(source => source.close()))
  })

  it('is ended by the server when a token is used twice, which is told apart from everything else', async () => {
    const how = clientSetting(here, 'client_secret_basic')
    const tokens = await signInByCode(here, how)
    const { revocations } = here.server.seen
    const source = () => {
      const { provider, client, transport } = how
      const grant = { type: 'refresh_token', refreshToken: tokens.refreshToken ?? '' } as const
      return tokenSource({ provider, client, transport, grant, subject: 'somebody' })
    }
    // Two processes without a store between them: what must not be done.
    const [one, other] = [source(), source()]
    await one.token()
    expect(await failureOf(other.token())).toMatchObject({ kind: 'reauthorize', code: 'invalid_grant' })
    expect(here.server.seen.revocations).toBe(revocations + 1)
    await Promise.all([one.close(), other.close()])
  })
})
