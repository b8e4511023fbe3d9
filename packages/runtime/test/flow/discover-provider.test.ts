import { fail } from '@evergrant/core'
import { held, jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { discoverProvider, issuerDirectory, TransportError } from '../../src/flows.ts'
import { failureOf } from '../support/rig.ts'

const ISSUER = 'https://as.example'
const METADATA = jsonResponse({ issuer: ISSUER, token_endpoint: 'https://as.example/token' })
const NOT_FOUND = { status: 404, headers: [], body: 'no' }
const BROKEN = new TransportError(fail('transport_failed'), 'not_sent')

describe('a provider is discovered', () => {
  it('from RFC 8414 metadata, or from OpenID Connect’s where there is none', async () => {
    const transport = scriptedTransport()
    transport.expect(METADATA, NOT_FOUND, METADATA)
    expect(await discoverProvider(ISSUER, { transport })).toMatchObject({
      tokenEndpoint: 'https://as.example/token',
    })
    await discoverProvider(ISSUER, { transport })
    expect(transport.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://as.example/.well-known/oauth-authorization-server',
      'GET https://as.example/.well-known/oauth-authorization-server',
      'GET https://as.example/.well-known/openid-configuration',
    ])
  })

  it('with the endpoints for clients with a certificate, where it is asked for', async () => {
    const transport = scriptedTransport(
      jsonResponse({
        issuer: ISSUER,
        token_endpoint: 'https://as.example/token',
        mtls_endpoint_aliases: { token_endpoint: 'https://mtls.as.example/token' },
      }),
    )
    const { tokenEndpoint } = await discoverProvider(ISSUER, { transport, mutualTls: true })
    expect(tokenEndpoint).toBe('https://mtls.as.example/token')
  })

  it('not from another issuer’s metadata, and then nowhere else', async () => {
    const transport = scriptedTransport(jsonResponse({ issuer: 'https://evil.example', token_endpoint: 'x' }))
    expect(await failureOf(discoverProvider(ISSUER, { transport }))).toMatchObject({
      kind: 'distrust',
      code: 'issuer_mismatch',
    })
    expect(transport.requests).toHaveLength(1)
  })

  it('not where nobody answers, with an error that can be told by what is exported beside it', async () => {
    const error: unknown = await failureOf(discoverProvider(ISSUER, { transport: scriptedTransport(BROKEN) }))
    expect(TransportError.is(error) && [error.code, error.delivery]).toEqual(['transport_failed', 'not_sent'])
  })

  it('not where nothing is published, nor from what is no URL', async () => {
    const transport = scriptedTransport(NOT_FOUND)
    expect(await failureOf(discoverProvider(ISSUER, { transport }))).toMatchObject({
      code: 'endpoint_not_found',
      status: 404,
      message: expect.stringContaining('publishes no metadata'),
    })
    expect(await failureOf(discoverProvider('as.example', { transport }))).toMatchObject({
      code: 'invalid_option',
    })
  })
})

describe('a directory of issuers', () => {
  it('asks once for many, and again after an hour', async () => {
    const clock = virtualClock()
    const transport = scriptedTransport(METADATA)
    const directory = issuerDirectory({ transport, clock })
    await Promise.all(Array.from({ length: 10 }, () => directory.provider(ISSUER)))
    clock.jump(3_599_999)
    await directory.provider(ISSUER)
    expect(transport.requests).toHaveLength(1)
    clock.jump(1)
    await directory.provider(ISSUER)
    expect(transport.requests).toHaveLength(2)
  })

  it('goes on with what it knows while newer cannot be had, and not when it is contradicted', async () => {
    const clock = virtualClock()
    const transport = scriptedTransport(METADATA)
    const directory = issuerDirectory({ transport, clock, freshForMs: 1 })
    const first = await directory.provider(ISSUER)
    clock.jump(1)
    transport.expect(BROKEN)
    expect(await directory.provider(ISSUER)).toBe(first)
    transport.expect(jsonResponse({ issuer: 'https://evil.example' }))
    expect(await failureOf(directory.provider(ISSUER))).toMatchObject({ code: 'issuer_mismatch' })
  })

  it('remembers no failure, and a bounded number of issuers', async () => {
    const transport = scriptedTransport(request => {
      const { origin } = new URL(request.url)
      return jsonResponse({ issuer: origin, token_endpoint: `${origin}/token` })
    })
    const directory = issuerDirectory({ transport, issuersMax: 2, clock: virtualClock() })
    const step = held()
    transport.expect(step.step)
    const failing = directory.provider('https://a.example')
    step.fail(BROKEN)
    expect(await failureOf(failing)).toMatchObject({ code: 'transport_failed' })
    for (const name of ['a', 'b', 'c', 'a']) await directory.provider(`https://${name}.example`)
    expect(transport.requests).toHaveLength(5)
  })
})
