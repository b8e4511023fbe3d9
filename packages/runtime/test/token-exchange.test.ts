import { fail } from '@evergrant/core'
import { jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { type TokenExchangeOptions, tokenExchange } from '../src/flows.ts'
import {
  EvergrantError,
  type GrantOptions,
  localStore,
  secret,
  tokenRuntime,
  tokenSource,
} from '../src/index.ts'
import { failureOf, PROVIDER, rig } from './support/rig.ts'

const REFUSED = jsonResponse({ error: 'invalid_request', error_description: 'bad subject-1' }, 400)

function exchange(options: Partial<TokenExchangeOptions> = {}): Partial<GrantOptions> {
  const subjectToken = secret(() => 'subject-1')
  return { subject: 'user 7', grant: tokenExchange({ subjectToken, ...options }) }
}

/** A source of subject-1, subject-2, …: a rejected one is followed by the next. */
function subjects() {
  let number = 1
  const rejected: string[] = []
  return {
    rejected,
    token: async () => ({ accessToken: `subject-${number}` }),
    reject(token: string) {
      rejected.push(token)
      number += 1
    },
  }
}

function sent(transport: { requests: readonly { body: string | undefined }[] }) {
  return transport.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
}

describe('a token exchange', () => {
  it('presents the subject’s token, and the actor’s, as they are then', async () => {
    let version = 1
    const actor = { name: 'gateway', token: secret(() => `actor-${version}`), tokenType: 'jwt' }
    const subjectToken = secret(() => `subject-${version}`)
    const { source, transport, clock } = rig({
      ...exchange({ subjectToken, subjectTokenType: 'id_token', actor, requestedTokenType: 'access_token' }),
      scopes: ['orders.read'],
      audience: 'orders',
      resources: ['https://orders.example'],
    })
    expect((await source.token()).accessToken).toBe('token-1')
    version = 2
    await clock.advance(3_600_000)
    expect((await source.token()).accessToken).toBe('token-2')
    const type = 'urn:ietf:params:oauth:token-type:'
    const expected = (number: number) => ({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: `subject-${number}`,
      subject_token_type: `${type}id_token`,
      actor_token: `actor-${number}`,
      actor_token_type: `${type}jwt`,
      requested_token_type: `${type}access_token`,
      scope: 'orders.read',
      audience: 'orders',
      resource: 'https://orders.example',
      client_id: 'the-id',
      client_secret: 'the-s3cret',
    })
    expect(sent(transport)).toEqual([expected(1), expected(2)])
  })

  it('takes the subject’s token from another source', async () => {
    const upstream = rig()
    const { source, transport } = rig(exchange({ subjectToken: upstream.source }))
    expect((await source.token()).accessToken).toBe('token-1')
    expect(sent(transport)).toMatchObject([
      { subject_token: 'token-1', subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    ])
  })

  it('neither stores the exchanged token, nor a refresh token that comes with the new one', async () => {
    const clock = virtualClock()
    const store = localStore({ clock })
    const written: string[] = []
    const watched: typeof store = {
      ...store,
      write: (key, change) => {
        written.push(change.value ?? '')
        return store.write(key, change)
      },
    }
    const transport = scriptedTransport(
      jsonResponse({ access_token: 'new', expires_in: 60, refresh_token: 'r3fresh' }),
    )
    const client = { id: 'the-id', secret: 'the-s3cret' }
    const options = { provider: PROVIDER, client, ...exchange(), clock, store: watched, transport }
    await tokenSource(options).token()
    expect(written.join()).toContain('"new"')
    expect(written.join()).not.toMatch(/subject-1|r3fresh/)
  })

  it('keeps subjects, actors and types apart', async () => {
    const clock = virtualClock()
    const transport = scriptedTransport(jsonResponse({ access_token: 'a', expires_in: 60 }))
    const runtime = tokenRuntime({ clock, transport })
    const grants = [
      exchange(),
      exchange(),
      { ...exchange(), subject: 'user 8' },
      exchange({ subjectTokenType: 'jwt' }),
      exchange({ requestedTokenType: 'jwt' }),
      exchange({ actor: { name: 'one', token: secret(() => 'x') } }),
      exchange({ actor: { name: 'two', token: secret(() => 'x') } }),
    ]
    for (const grant of grants) {
      await runtime.source({ provider: PROVIDER, client: { id: 'i', secret: 's' }, ...grant }).token()
    }
    expect(transport.requests).toHaveLength(grants.length - 1)
  })

  it('is not set up without saying whose token it is', () => {
    const { subject: _, ...nameless } = exchange()
    expect(() => rig(nameless)).toThrow('subject is missing')
  })

  it('may be that of a public client', async () => {
    const { source, transport } = rig({ ...exchange(), client: { id: 'the-id' } })
    await source.token()
    expect(sent(transport)[0]).not.toHaveProperty('client_secret')
  })

  it('is done with the token that the newest source brings along', async () => {
    const clock = virtualClock()
    const transport = scriptedTransport(jsonResponse({ access_token: 'a', expires_in: 60 }))
    const runtime = tokenRuntime({ clock, transport })
    for (const bearer of ['first', 'second']) {
      const grant = exchange({ subjectToken: secret(() => bearer) })
      const source = runtime.source({ provider: PROVIDER, client: { id: 'i', secret: 's' }, ...grant })
      await source.token({ minValidForMs: 59_000 })
      clock.jump(60_000)
    }
    expect(sent(transport).map(each => each.subject_token)).toEqual(['first', 'second'])
  })
})

describe('a subject’s token that the server does not accept', () => {
  it('is reported as a matter of signing in anew, and its text is in no error', async () => {
    const { source, transport } = rig(exchange())
    transport.expect(REFUSED)
    const failure = await failureOf(source.token())
    expect(failure).toMatchObject({
      kind: 'reauthorize',
      code: 'invalid_request',
      description: 'bad ‹redacted›',
    })
    expect(JSON.stringify([failure, failure.message])).not.toContain('subject-1')
  })

  it('is replaced at its source if it was good before, and exchanged again, once', async () => {
    const subjectToken = subjects()
    const { source, transport, clock } = rig(exchange({ subjectToken }))
    await source.token()
    await clock.advance(3_600_000)
    transport.expect(REFUSED)
    expect((await source.token()).accessToken).toBe('token-2')
    expect(sent(transport).map(each => each.subject_token)).toEqual(['subject-1', 'subject-1', 'subject-2'])
    expect(subjectToken.rejected).toEqual(['subject-1'])
  })

  it('is not to blame if none was ever accepted', async () => {
    const subjectToken = subjects()
    const { source, transport } = rig(exchange({ subjectToken }))
    transport.expect(REFUSED)
    expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize' })
    expect([transport.requests.length, subjectToken.rejected]).toEqual([1, []])
  })

  it('is not replaced over and over', async () => {
    const subjectToken = subjects()
    const { source, transport, clock } = rig(exchange({ subjectToken }))
    await source.token()
    await clock.advance(3_600_000)
    transport.expect(...Array.from({ length: 10 }, () => REFUSED))
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize' })
      await clock.advance(300_000)
    }
    expect(subjectToken.rejected).toEqual(['subject-1'])
  })

  it('is told of once to a source that has no other', async () => {
    const rejected: string[] = []
    const reject = (token: string) => rejected.push(token)
    const subjectToken = { token: async () => ({ accessToken: 'subject-1' }), reject }
    const { source, transport, clock } = rig(exchange({ subjectToken }))
    await source.token()
    transport.expect(...Array.from({ length: 10 }, () => REFUSED))
    for (let attempt = 0; attempt < 3; attempt++) {
      await clock.advance(3_600_000)
      expect(await failureOf(source.token())).toMatchObject({ kind: 'reauthorize' })
    }
    expect(rejected).toEqual(['subject-1'])
  })

  it('may be the one that is given back, which is no echo of a secret', async () => {
    const { source } = rig(exchange(), jsonResponse({ access_token: 'subject-1', expires_in: 60 }))
    expect((await source.token()).accessToken).toBe('subject-1')
  })
})

describe('a subject’s token that cannot be had', () => {
  it('fails the exchange with the failure of its source, and nothing is sent', async () => {
    const gone = {
      ...subjects(),
      token: () => Promise.reject(new EvergrantError(fail('refresh_token_missing'))),
    }
    const { source, transport } = rig(exchange({ subjectToken: gone }))
    expect(await failureOf(source.token())).toMatchObject({
      kind: 'reauthorize',
      code: 'refresh_token_missing',
    })
    expect(transport.requests).toEqual([])
  })

  it('because it is empty says so', async () => {
    const { source } = rig(exchange({ subjectToken: secret(() => '') }))
    expect(await failureOf(source.token())).toMatchObject({ code: 'secret_unavailable' })
  })
})

describe('a refresh for fewer scopes', () => {
  const narrowTo = ['read']

  it('asks for them, and is a grant of its own', async () => {
    const clock = virtualClock()
    const tokens = jsonResponse({ access_token: 'a', expires_in: 60, refresh_token: 'next' })
    const transport = scriptedTransport(tokens)
    const runtime = tokenRuntime({ clock, transport })
    const options = { provider: PROVIDER, client: { id: 'i' } }
    const narrow = { type: 'refresh_token', refreshToken: 'r-1', narrowTo } as const
    const token = await runtime.source({ ...options, grant: narrow }).token()
    await runtime.source({ ...options, grant: { type: 'refresh_token', refreshToken: 'r-2' } }).token()
    expect(token.scope).toEqual(['read'])
    expect(sent(transport).map(({ scope, refresh_token }) => [refresh_token, scope])).toEqual([
      ['r-1', 'read'],
      ['r-2', undefined],
    ])
  })

  it('that the server refuses as more than was granted is a matter of configuration', async () => {
    const { source, transport } = rig({
      client: { id: 'i' },
      grant: { type: 'refresh_token', refreshToken: 'r-1', narrowTo },
    })
    transport.expect(jsonResponse({ error: 'invalid_scope' }, 400))
    expect(await failureOf(source.token())).toMatchObject({ kind: 'configure', code: 'invalid_scope' })
  })
})
