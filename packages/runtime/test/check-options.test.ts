import { inspect } from 'node:util'
import { EvergrantError } from '@evergrant/core'
import { describe, expect, it } from 'vitest'
import { tokenExchange } from '../src/flows.ts'
import { env, localStore, secretRing, tokenRuntime, tokenSource } from '../src/index.ts'
import { PROVIDER } from './support/rig.ts'

const CLIENT = { id: 'the-id', secret: 'the-s3cret' }
const SOUND = { provider: PROVIDER, client: CLIENT }

/** As a program in JavaScript calls it, where types do not hold. */
const open = tokenSource as (options?: unknown) => ReturnType<typeof tokenSource>

function refusal(options?: unknown): EvergrantError {
  try {
    open(options)
  } catch (error) {
    if (EvergrantError.is(error)) return error
    throw error
  }
  throw new Error('it was accepted')
}

function someProvider() {
  return PROVIDER
}

describe('options that types rule out are refused where they are written, with what to write instead', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'provider is missing; give what baidu()'],
    ['no provider', { client: CLIENT }, 'provider is missing; give what baidu()'],
    ['a name for a provider', { ...SOUND, provider: 'baidu' }, 'no object with name and tokenEndpoint'],
    [
      'a provider that was not called',
      { ...SOUND, provider: someProvider },
      'is a function; call it: someProvider()',
    ],
    [
      'a provider that is yet to come',
      { ...SOUND, provider: Promise.resolve(PROVIDER) },
      'the promise of discoverProvider()',
    ],
    ['no client', { provider: PROVIDER }, 'client.id is missing'],
    ['a client of other names', { ...SOUND, client: { clientId: 'i' } }, 'write client: { id, secret }'],
    [
      'a number for an id',
      { ...SOUND, client: { ...CLIENT, id: 7 } },
      'client.id is neither text nor a secret',
    ],
    [
      'a function for a secret',
      { ...SOUND, client: { id: 'i', secret: () => 's' } },
      'client.secret is neither',
    ],
    ['an unset secret', { ...SOUND, client: { id: 'i', secret: undefined } }, 'client.secret is missing'],
    [
      'an empty secret',
      { ...SOUND, client: { id: 'i', secret: null }, grant: { type: 'refresh_token' } },
      'client.secret is missing',
    ],
    [
      'a grant that begins elsewhere',
      { ...SOUND, grant: { type: 'authorization_code' } },
      'grant.type is "authorization_code", not one of client_credentials, refresh_token, token_exchange',
    ],
    [
      'the type of a grant alone',
      { ...SOUND, grant: 'refresh_token' },
      'grant.type is undefined, not one of',
    ],
    ['an exchange made by hand', { ...SOUND, grant: { type: 'token_exchange' } }, 'returns'],
    ['a role that is none', { ...SOUND, role: 'reader' }, 'role is "reader", not one of renewer, follower'],
    ['a role that follows nobody', { ...SOUND, role: 'follower' }, 'role is follower and store is missing'],
    [
      'a store that was not called',
      { ...SOUND, store: localStore },
      'store is a function; call it: localStore()',
    ],
    ['a part of a store', { ...SOUND, store: { read() {} } }, 'store is no object with read and write'],
  ])('%s', (_, options, problem) => {
    const error = refusal(options)
    expect(error.code).toBe('invalid_option')
    expect(error.message).toContain(problem)
    expect(error.message.length).toBeLessThan(200)
  })

  it('and never with the password that the URL of a store may have in it', () => {
    const error = refusal({ ...SOUND, store: 'redis://:p4ssword@redis.example' })
    expect(error.code).toBe('invalid_option')
    expect(inspect(error)).not.toContain('p4ssword')
  })

  it('in a runtime too', () => {
    expect(() => tokenRuntime({ store: {} as never })).toThrow(/store is no object with read and write/)
    expect(() => tokenRuntime().source({ ...SOUND, role: 'reader' as never })).toThrow(/role is "reader"/)
  })
})

describe('options that are sound are not refused', () => {
  const authentication = { authenticate: async () => Promise.reject(new Error('unused')) }
  const subjectToken = env('SUBJECT_TOKEN')
  it.each<[string, object]>([
    ['secrets that are read', { client: { id: env('ID'), secret: secretRing(['a', env('B')]) } }],
    ['a client that authenticates in its own way', { client: { id: 'i', authentication } }],
    ['a public client', { client: { id: 'i' }, grant: { type: 'refresh_token' } }],
    ['an exchange', { grant: tokenExchange({ subjectToken }), subject: 'somebody' }],
    ['no store, said in so many words', { store: null, role: 'renewer' }],
    ['a follower of a store, be it one that a bundle is put into', { role: 'follower', store: localStore() }],
  ])('%s', async (_, options) => {
    await open({ ...SOUND, ...options }).close()
  })
})
