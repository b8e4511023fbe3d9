import { describe, expect, it } from 'vitest'
import { placeToken } from '../../src/calls.ts'
import {
  beginAuthorization,
  beginDeviceFlow,
  type DeviceTransition,
  decodePending,
  deviceTransition,
  encodePending,
  readCallback,
} from '../../src/flows.ts'
import { type Provider, tolerantProfile } from '../../src/index.ts'
import { json } from '../support/fake-server.ts'

const AT = 1_767_225_600_000
const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token',
  authorizationEndpoint: 'https://as.example/authorize',
  deviceAuthorizationEndpoint: 'https://as.example/device',
  clientSecretMethod: 'client_secret_basic',
  profile: tolerantProfile,
  policy: {},
}
const SECRETS = { state: 's'.repeat(43), verifier: 'v'.repeat(43) }
const INPUT = { provider: PROVIDER, clientId: 'id', redirectUri: 'https://app.example/callback' }
const TARGETS = { audience: 'orders', resources: ['https://a.example', 'https://b.example'] }
const EXPECTED = [
  ['audience', 'orders'],
  ['resource', 'https://a.example'],
  ['resource', 'https://b.example'],
]

function targetsIn(parameters: Iterable<readonly [string, string]>): unknown {
  return [...parameters].filter(([name]) => name === 'audience' || name === 'resource')
}

describe('what the tokens shall be for (RFC 8707)', () => {
  it('is said in both requests of a sign-in by code, and survives the store between them', () => {
    const begun = beginAuthorization({ ...INPUT, ...TARGETS }, SECRETS, AT)
    if ('kind' in begun) throw new Error(begun.message)
    expect(targetsIn(new URL(begun.url).searchParams)).toEqual(EXPECTED)
    const stored = decodePending(encodePending(begun.pending))
    if (stored === undefined) throw new Error('it is lost')
    const answer = readCallback(stored, new Map([['code', 'c']]), AT)
    expect(answer.ok && targetsIn(answer.request.parameters)).toEqual(EXPECTED)
  })

  it('is not said twice', () => {
    const twice = { ...INPUT, audience: 'orders', parameters: { audience: 'bills' } }
    expect(beginAuthorization(twice, SECRETS, AT)).toMatchObject({ code: 'invalid_option' })
    const once = beginAuthorization({ ...INPUT, parameters: { audience: 'bills' } }, SECRETS, AT)
    expect(once).toMatchObject({ url: expect.stringContaining('audience=bills') })
  })

  it('is said in both requests of a sign-in on a device', () => {
    const reading = { lifetimeMsMax: 1e12, retryAfterMsMax: 3_600_000, bodyBytesMax: 65_536 }
    const input = { provider: PROVIDER, scopes: [], reading, ...TARGETS }
    const begun = beginDeviceFlow(input)
    if ('kind' in begun) throw new Error(begun.message)
    const response = json(200, { device_code: 'd', user_code: 'U', verification_uri: 'https://v.example' })
    const waiting = deviceTransition(
      begun.state,
      { type: 'response.received', at: AT, sentAt: AT, response },
      input,
    )
    const polling = deviceTransition(waiting.state, { type: 'timer.fired', at: AT + 5_000 }, input)
    const requested = ({ effects: [effect] }: DeviceTransition) =>
      effect?.type === 'request' ? targetsIn(effect.request.parameters) : effect
    expect([requested(begun), requested(polling)]).toEqual([EXPECTED, EXPECTED])
  })
})

describe('a token that is bound to a key', () => {
  it('stands in the Authorization header, with the scheme that tells (RFC 9449 §7.1)', () => {
    expect(placeToken({ in: 'header' }, 't', '/x', 'body', 'DPoP')).toEqual({
      url: '/x',
      header: ['authorization', 'DPoP t'],
      body: 'body',
    })
  })

  it.each([
    { in: 'header', name: 'x-token' },
    { in: 'query', name: 't' },
    { in: 'form', name: 't' },
    { in: 'json', name: 't' },
  ] as const)('does not stand elsewhere: %j', place => {
    expect(placeToken(place, 't', '/x', undefined, 'DPoP')).toMatchObject({ code: 'scheme_conflict' })
  })
})
