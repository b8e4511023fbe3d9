import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpRequest } from '@evergrant/core'
import { exportJWK, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { getTransport } from '../src/get-transport.ts'
import { jwtVerifier } from '../src/index.ts'
import { failureOf, testKey } from './support/keys.ts'

const LIMITS = { timeoutMs: 2_000, bodyBytesMax: 1_000 }

let server: Server
let url: string
let answer: (response: ServerResponse) => void

beforeEach(async () => {
  server = createServer((_request, response) => answer(response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  return new Promise(resolve => server.close(resolve))
})

function get(address = url): HttpRequest {
  return { method: 'GET', url: address, headers: [['x-a', 'b']], body: undefined, secrets: [] }
}

describe('a public document', () => {
  it('is fetched as it is', async () => {
    answer = response => response.setHeader('x-one', '1').end('{"a":1}')
    const response = await getTransport(true).send(get(), LIMITS)
    expect(response).toMatchObject({ status: 200, body: '{"a":1}' })
    expect(response.headers).toContainEqual(['x-one', '1'])
  })

  it('is not fetched in clear unless that is allowed, and then from this machine only', async () => {
    expect(await failureOf(getTransport(false).send(get(), LIMITS))).toMatchObject({
      code: 'insecure_endpoint',
    })
    const elsewhere = getTransport(true).send(get('http://as.example/jwks'), LIMITS)
    expect(await failureOf(elsewhere)).toMatchObject({ code: 'insecure_endpoint', delivery: 'not_sent' })
  })

  it('is bounded in size and in time, and no redirect is followed', async () => {
    answer = response => response.end('x'.repeat(1_001))
    expect(await failureOf(getTransport(true).send(get(), LIMITS))).toMatchObject({
      code: 'response_too_large',
    })
    answer = () => undefined
    const short = getTransport(true).send(get(), { ...LIMITS, timeoutMs: 50 })
    expect(await failureOf(short)).toMatchObject({ code: 'request_timed_out' })
    answer = response => response.writeHead(302, { location: '/elsewhere' }).end()
    expect((await getTransport(true).send(get(), LIMITS)).status).toBe(302)
    answer = response => response.destroy()
    expect(await failureOf(getTransport(true).send(get(), LIMITS))).toMatchObject({
      code: 'transport_failed',
    })
  })

  it('may be the keys that a token is verified with', async () => {
    const { publicKey, privateKey } = await testKey('EdDSA')
    const jwks = JSON.stringify({ keys: [await exportJWK(publicKey)] })
    answer = response => response.end(jwks)
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
      .setAudience('api')
      .setExpirationTime('1 minute')
      .sign(privateKey)
    const verifier = jwtVerifier({ jwksUri: url, audience: 'api', allowInsecureLoopback: true })
    expect((await verifier.verify(token)).permissions.scopes).toBeUndefined()
    const strict = jwtVerifier({ jwksUri: url, audience: 'api' })
    expect(await failureOf(strict.verify(token))).toMatchObject({ code: 'insecure_endpoint' })
  })
})
