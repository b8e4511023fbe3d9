import type { Provider } from '@evergrant/core'
import { jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { introspectToken, revokeToken } from '../../src/flows.ts'
import { failureOf, PROVIDER } from '../support/rig.ts'

const SERVER: Provider = {
  ...PROVIDER,
  revocationEndpoint: 'https://as.example/revoke',
  introspectionEndpoint: 'https://as.example/introspect',
}

function subject(provider = SERVER) {
  const clock = virtualClock()
  const transport = scriptedTransport(jsonResponse({}))
  return { clock, transport, options: { provider, client: { id: 'i', secret: 's3cret' }, clock, transport } }
}

describe('a token is revoked', () => {
  it('with one request, authenticated as the client', async () => {
    const { options, transport } = subject()
    await revokeToken(options, 'the-token', 'refresh_token')
    expect(transport.requests).toMatchObject([
      {
        url: 'https://as.example/revoke',
        body: 'token=the-token&token_type_hint=refresh_token&client_id=i&client_secret=s3cret',
      },
    ])
  })

  it('with another request when the server is overloaded or cannot be reached, and no more than three', async () => {
    const { options, transport, clock } = subject()
    transport.expect(jsonResponse({}, 503, [['retry-after', '5']]), new Error('broken'))
    const revoked = revokeToken(options, 't', 'access_token')
    await clock.advance(5_000)
    expect(transport.requests).toHaveLength(2)
    await clock.advance(2_000)
    await revoked
    transport.expect(...Array(3).fill(jsonResponse({}, 503)))
    const failed = failureOf(revokeToken(options, 't', 'access_token'))
    await clock.advance(10_000)
    expect(await failed).toMatchObject({ kind: 'retry', code: 'temporarily_unavailable' })
    expect(transport.requests).toHaveLength(6)
  })

  it('not when the server refuses for good, or has no such endpoint', async () => {
    const { options, transport } = subject()
    transport.expect(jsonResponse({ error: 'invalid_client' }, 401))
    expect(await failureOf(revokeToken(options, 't', 'access_token'))).toMatchObject({
      code: 'invalid_client',
    })
    expect(await failureOf(revokeToken(subject(PROVIDER).options, 't', 'access_token'))).toMatchObject({
      kind: 'configure',
      code: 'endpoint_missing',
    })
  })
})

describe('a server is asked about a token', () => {
  it('and says what it is good for', async () => {
    const { options, transport } = subject()
    transport.expect(jsonResponse({ active: true, scope: 'a b' }))
    expect(await introspectToken(options, 't')).toMatchObject({ active: true, scope: ['a', 'b'] })
    expect(transport.requests[0]?.url).toBe('https://as.example/introspect')
  })

  it('or why it does not', async () => {
    const { options, transport } = subject()
    transport.expect(jsonResponse({ error: 'invalid_client', error_description: 'no s3cret' }, 401))
    const failure = await failureOf(introspectToken(options, 't'))
    expect(failure).toMatchObject({ code: 'invalid_client' })
    expect(JSON.stringify(failure)).not.toContain('s3cret')
    expect(await failureOf(introspectToken(subject(PROVIDER).options, 't'))).toMatchObject({
      code: 'endpoint_missing',
    })
  })
})
