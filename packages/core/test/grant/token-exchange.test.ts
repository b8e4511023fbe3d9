import { describe, expect, it } from 'vitest'
import {
  grantIdentity,
  grantPolicy,
  tokenRequest,
  tokenTypeIdentifier,
  tolerantProfile,
} from '../../src/index.ts'
import { json, refusal } from '../support/fake-server.ts'
import { CLIENT, pass, Session, world } from '../support/session.ts'

const EXCHANGE = grantIdentity({
  ...CLIENT,
  grantType: 'token_exchange',
  subject: 'user 7',
  scopes: ['orders.read'],
  audience: 'orders',
  resources: ['https://orders.example'],
  parameters: [
    ['subject_token_type', tokenTypeIdentifier('access_token')],
    ['requested_token_type', tokenTypeIdentifier('jwt')],
  ],
})

/** A session whose first request is outstanding. */
function asking(): { session: Session; waiter: number } {
  const session = new Session(world(), { identity: EXCHANGE })
  const waiter = session.ask()
  session.answer()
  session.answer()
  return { session, waiter }
}

describe('a token exchange', () => {
  it('asks for everything but the tokens that are exchanged, which the core never sees (RFC 8693 §2.1)', () => {
    expect(tokenRequest(EXCHANGE, undefined)).toEqual({
      endpoint: 'https://as.example/token',
      parameters: [
        ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
        ['requested_token_type', 'urn:ietf:params:oauth:token-type:jwt'],
        ['subject_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
        ['scope', 'orders.read'],
        ['audience', 'orders'],
        ['resource', 'https://orders.example'],
      ],
      headers: [['accept', 'application/json']],
      secrets: [],
    })
  })

  it('names token types of its own by their whole identifier', () => {
    expect(tokenTypeIdentifier('urn:example:badge')).toBe('urn:example:badge')
  })

  it('is made anew when the token ends', () => {
    const { session } = asking()
    session.respond(json(200, { access_token: 'one', token_type: 'Bearer', expires_in: 600 }))
    session.run()
    pass(600_000, session)
    const waiter = session.ask()
    session.answer()
    expect(session.request().parameters[0]).toEqual([
      'grant_type',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ])
    session.respond(json(200, { access_token: 'two', token_type: 'Bearer', expires_in: 600 }))
    session.run()
    expect(session.token(waiter)).toBe('two')
  })

  it.each(['invalid_request', 'invalid_grant', 'invalid_token'])(
    'that is refused with %s is reported as a matter of the subject’s sign-in, and tried again later',
    error => {
      const { session, waiter } = asking()
      session.respond(refusal(error))
      session.run()
      expect(session.failure(waiter)).toMatchObject({
        kind: 'reauthorize',
        code: error,
        message: expect.stringContaining('token that is to be exchanged'),
      })
      expect(session.failure(session.ask()).retryAfterMs).toBe(session.policy.latchMs)
      pass(session.policy.latchMs, session)
      const later = session.ask()
      session.answer()
      session.respond(json(200, { access_token: 'one', token_type: 'Bearer', expires_in: 600 }))
      session.run()
      expect(session.token(later)).toBe('one')
    },
  )

  it('that is refused for another reason says so', () => {
    const { session, waiter } = asking()
    session.respond(refusal('invalid_target'))
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'configure', code: 'invalid_target' })
  })

  it('goes on without a store, as every grant that can be asked for again', () => {
    const session = new Session(world(), { identity: EXCHANGE })
    const waiter = session.ask()
    session.failStore()
    session.respond(json(200, { access_token: 'one', token_type: 'Bearer', expires_in: 600 }))
    expect(session.token(waiter)).toBe('one')
  })

  it('is not mixed up with client credentials', () => {
    const input = { identity: EXCHANGE, holder: 'h', profile: tolerantProfile }
    expect(grantPolicy(input).renewWith).toBe('token_exchange')
    expect(() => grantPolicy({ ...input, renewWith: 'client_credentials' })).toThrow('cannot be renewed with')
  })
})

describe('a refresh for fewer scopes', () => {
  const narrow = grantIdentity({ ...CLIENT, grantType: 'refresh_token', refreshScopes: ['b', 'a'] })

  it('asks for them every time (RFC 6749 §6)', () => {
    expect(tokenRequest(narrow, 'r').parameters).toContainEqual(['scope', 'a b'])
  })

  it('brings a token that has them and no more, though the answer does not say so', () => {
    const subject = world()
    const session = new Session(subject, { identity: narrow, seedRefreshToken: subject.server.authorize() })
    session.ask()
    session.run()
    expect(session.state.stamp?.tokens.scope).toEqual(['a', 'b'])
  })
})

describe('a token that is bound to a key', () => {
  const bound = grantIdentity({ ...CLIENT, keyThumbprint: 'thumbprint' })

  it.each([
    ['DPoP', undefined],
    ['dpop', undefined],
    ['Bearer', 'token_not_bound'],
    [undefined, 'token_not_bound'],
    ['mac', 'token_type_unknown'],
  ])('is of the type %s or refused: %s', (type, code) => {
    const session = new Session(world(), { identity: bound })
    const waiter = session.ask()
    session.answer()
    session.answer()
    session.respond(json(200, { access_token: 'one', token_type: type, expires_in: 600 }))
    session.run()
    if (code === undefined) expect(session.state.stamp?.tokens.tokenType).toBe('DPoP')
    else expect(session.failure(waiter).code).toBe(code)
  })

  it('is refused where nobody asked for it', () => {
    const session = new Session(world())
    const waiter = session.ask()
    session.answer()
    session.answer()
    session.respond(json(200, { access_token: 'one', token_type: 'DPoP', expires_in: 600 }))
    session.run()
    expect(session.failure(waiter)).toMatchObject({ kind: 'distrust', code: 'token_type_unknown' })
  })
})
