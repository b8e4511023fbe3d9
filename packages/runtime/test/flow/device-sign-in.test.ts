import { EvergrantError, fail, type Provider } from '@evergrant/core'
import type { DevicePrompt } from '@evergrant/core/flows'
import { atRest, jsonResponse, scriptedTransport, virtualClock } from '@evergrant/testkit'
import { describe, expect, it } from 'vitest'
import { type DeviceSignInOptions, deviceSignIn } from '../../src/flows.ts'
import { secret } from '../../src/index.ts'
import { failureOf, PROVIDER } from '../support/rig.ts'

const SERVER: Provider = { ...PROVIDER, deviceAuthorizationEndpoint: 'https://as.example/device' }
const PROMPT = jsonResponse({
  device_code: 'd',
  user_code: 'U',
  verification_uri: 'https://v.example',
  expires_in: 60,
})
const PENDING = jsonResponse({ error: 'authorization_pending' }, 400)
const TOKENS = jsonResponse({ access_token: 'a-1', expires_in: 3600 })

function subject(options: Partial<DeviceSignInOptions> = {}) {
  const clock = virtualClock()
  const transport = scriptedTransport(PENDING)
  const prompts: DevicePrompt[] = []
  const signedIn = deviceSignIn({
    provider: SERVER,
    client: { id: 'the-id' },
    clock,
    transport,
    onPrompt: prompt => prompts.push(prompt),
    ...options,
  })
  signedIn.catch(() => undefined)
  return { clock, transport, prompts, signedIn }
}

describe('a sign-in on a device', () => {
  it('shows a code and ends with tokens once the person has entered it', async () => {
    const { clock, transport, prompts, signedIn } = subject()
    transport.expect(PROMPT, PENDING, TOKENS)
    await clock.advance(10_000)
    expect(prompts).toMatchObject([{ userCode: 'U', verificationUri: 'https://v.example' }])
    expect(await signedIn).toMatchObject({ accessToken: 'a-1' })
    expect(transport.requests.map(({ url, body }) => [url, body])).toEqual([
      ['https://as.example/device', 'client_id=the-id'],
      ...Array(2).fill([
        'https://as.example/token',
        'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d&client_id=the-id',
      ]),
    ])
    expect(clock.pending).toBe(0)
  })

  it('ends when the code has expired', async () => {
    const { clock, transport, signedIn } = subject()
    transport.expect(PROMPT)
    await clock.advance(61_000)
    expect(await failureOf(signedIn)).toMatchObject({ kind: 'reauthorize', code: 'flow_expired' })
  })

  it('ends with its signal, and asks no more', async () => {
    const controller = new AbortController()
    const { clock, transport, signedIn } = subject({ signal: controller.signal })
    transport.expect(PROMPT)
    await clock.advance(5_000)
    controller.abort()
    expect(await failureOf(signedIn)).toMatchObject({ kind: 'cancelled', code: 'aborted' })
    const requests = transport.requests.length
    await clock.advance(60_000)
    expect([transport.requests.length, clock.pending]).toEqual([requests, 0])
    expect(await failureOf(subject({ signal: controller.signal }).signedIn)).toMatchObject({
      code: 'aborted',
    })
  })

  it('survives a server that cannot be reached for a while', async () => {
    const { clock, transport, signedIn } = subject()
    transport.expect(PROMPT, new Error('broken'), TOKENS)
    await clock.advance(15_000)
    expect((await signedIn).accessToken).toBe('a-1')
  })

  it('ends when its secret cannot be read, or the provider has no such endpoint', async () => {
    const gone = secret(() => {
      throw new EvergrantError(fail('secret_unavailable'))
    })
    const { signedIn } = subject({ client: { id: 'the-id', secret: gone } })
    expect(await failureOf(signedIn)).toMatchObject({ code: 'secret_unavailable' })
    expect(await failureOf(subject({ provider: PROVIDER }).signedIn)).toMatchObject({
      code: 'endpoint_missing',
    })
  })

  it('tells an older server its id in a query, and no secret', async () => {
    const deviceDialect = {
      parameters: [['response_type', 'device_code']],
      grantType: 'device_token',
      codeParameter: 'code',
      asksByQuery: true,
    } as const
    const { clock, transport, signedIn } = subject({
      provider: { ...SERVER, deviceDialect },
      client: { id: 'the-id', secret: 'the-s3cret' },
    })
    transport.expect(PROMPT, TOKENS)
    await atRest()
    await clock.advance(5_000)
    await signedIn
    expect(transport.requests).toMatchObject([
      {
        method: 'GET',
        url: 'https://as.example/device?client_id=the-id&response_type=device_code',
        body: undefined,
      },
      { method: 'POST', body: 'grant_type=device_token&code=d&client_id=the-id&client_secret=the-s3cret' },
    ])
  })
})
