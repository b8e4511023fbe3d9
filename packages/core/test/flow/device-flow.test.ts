import { describe, expect, it } from 'vitest'
import {
  beginDeviceFlow,
  DEVICE_TABLE,
  type DeviceEffect,
  type DeviceEvent,
  type DeviceInput,
  type DeviceState,
  deviceTransition,
} from '../../src/flows.ts'
import { type HttpResponse, type Provider, tolerantProfile } from '../../src/index.ts'
import { json, refusal } from '../support/fake-server.ts'

const AT = 1_767_225_600_000
const PROVIDER: Provider = {
  name: 'test',
  tokenEndpoint: 'https://as.example/token',
  deviceAuthorizationEndpoint: 'https://as.example/device',
  clientSecretMethod: 'client_secret_basic',
  profile: tolerantProfile,
  policy: {},
}
const READING = { lifetimeMsMax: 1e12, retryAfterMsMax: 3_600_000, bodyBytesMax: 65_536 }
const PROMPT = {
  device_code: 'SECRET-device',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://as.example/device',
  expires_in: 1800,
}

/** A flow under test: its clock, its state, and what it asked for last. */
class Flow {
  readonly input: DeviceInput
  state: DeviceState
  effects: readonly DeviceEffect[]
  at = AT

  constructor(provider: Partial<Provider> = {}, scopes: string[] = []) {
    this.input = { provider: { ...PROVIDER, ...provider }, scopes, reading: READING }
    const begun = beginDeviceFlow(this.input)
    if ('kind' in begun) throw new Error(begun.message)
    this.state = begun.state
    this.effects = begun.effects
  }

  feed(event: DeviceEvent): this {
    const { state, effects } = deviceTransition(this.state, event, this.input)
    this.state = state
    this.effects = effects
    return this
  }

  answer(response: HttpResponse): this {
    return this.feed({ type: 'response.received', at: this.at, sentAt: this.at, response })
  }

  fail(): this {
    const failure = { kind: 'retry', code: 'transport_failed', message: '' } as const
    return this.feed({ type: 'transport.failed', at: this.at, failure })
  }

  /** Lets the pause pass that the flow has asked for, and returns how long it was. */
  wait(): number {
    const wake = this.effects.find(effect => effect.type === 'wake')
    if (wake === undefined) throw new Error('no pause')
    const ms = wake.at - this.at
    this.at = wake.at
    this.feed({ type: 'timer.fired', at: this.at })
    return ms
  }

  get request() {
    const [effect] = this.effects
    if (effect?.type !== 'request') throw new Error(`no request: ${effect?.type}`)
    return effect.request
  }

  get outcome() {
    const [effect] = this.effects
    return effect?.type === 'end' ? effect.outcome : undefined
  }
}

describe('the device flow', () => {
  it('shows a code, asks every five seconds and ends with tokens', () => {
    const flow = new Flow({}, ['b', 'a'])
    expect(flow.request).toMatchObject({
      endpoint: 'https://as.example/device',
      parameters: [['scope', 'b a']],
    })
    flow.answer(json(200, PROMPT))
    expect(flow.effects[0]).toEqual({
      type: 'show',
      prompt: {
        userCode: 'WDJB-MJHT',
        verificationUri: 'https://as.example/device',
        verificationUriComplete: undefined,
        expiresAt: AT + 1_800_000,
      },
    })
    expect(flow.wait()).toBe(5_000)
    expect(flow.request).toEqual({
      endpoint: 'https://as.example/token',
      parameters: [
        ['grant_type', 'urn:ietf:params:oauth:grant-type:device_code'],
        ['device_code', 'SECRET-device'],
      ],
      headers: [['accept', 'application/json']],
      secrets: ['SECRET-device'],
    })
    flow.answer(refusal('authorization_pending'))
    expect(flow.wait()).toBe(5_000)
    flow.answer(json(200, { access_token: 'a', expires_in: 60, refresh_token: 'r' }))
    expect(flow.outcome).toMatchObject({
      ok: true,
      tokens: { accessToken: 'a', refreshToken: 'r', scope: ['b', 'a'] },
    })
    expect(flow.state).toMatchObject({ phase: 'ended', deviceCode: '' })
  })

  it('slows down when it is told to, and stays slow (RFC 8628 §3.5)', () => {
    const flow = new Flow().answer(json(200, { ...PROMPT, interval: 2 }))
    const pauses = [flow.wait()]
    for (const error of ['slow_down', 'authorization_pending', 'slow_down', 'authorization_pending']) {
      flow.answer(refusal(error))
      pauses.push(flow.wait())
    }
    expect(pauses).toEqual([2_000, 7_000, 7_000, 12_000, 12_000])
  })

  it('doubles its pause when the server cannot be reached or is in trouble, up to a minute', () => {
    const flow = new Flow().answer(json(200, PROMPT))
    const pauses = [flow.wait()]
    for (let i = 0; i < 5; i++) {
      if (i % 2 === 0) flow.fail()
      else flow.answer(json(503, {}))
      pauses.push(flow.wait())
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  })

  it.each([
    ['access_denied', 'declined', 'access_denied'],
    ['expired_token', 'reauthorize', 'flow_expired'],
    ['authorization_expired', 'reauthorize', 'flow_expired'],
    ['invalid_client', 'configure', 'invalid_client'],
    ['invalid_grant', 'reauthorize', 'invalid_grant'],
  ])('ends with %s', (error, kind, code) => {
    const flow = new Flow().answer(json(200, PROMPT))
    flow.wait()
    flow.answer(refusal(error))
    expect(flow.outcome).toMatchObject({ ok: false, failure: { kind, code } })
  })

  it('ends when the code does, without another request', () => {
    const flow = new Flow().answer(json(200, { ...PROMPT, expires_in: 7 }))
    flow.wait()
    flow.answer(refusal('authorization_pending'))
    expect(flow.wait()).toBe(2_000)
    expect(flow.outcome).toMatchObject({ ok: false, failure: { code: 'flow_expired' } })
  })

  it.each([
    [json(200, {}), 'response_wrong_type'],
    [json(200, { ...PROMPT, user_code: 7 }), 'response_wrong_type'],
    [json(200, { error: 'invalid_client' }), 'invalid_client'],
    [refusal('unauthorized_client'), 'unauthorized_client'],
    [{ status: 200, headers: [], body: '<html>' }, 'response_html'],
    [{ status: 502, headers: [], body: '<html>' }, 'server_error'],
  ])('ends when it is given no code: %j', (response, code) => {
    expect(new Flow().answer(response).outcome).toMatchObject({ ok: false, failure: { code } })
  })

  it('ends when the first request fails', () => {
    expect(new Flow().fail().outcome).toMatchObject({ failure: { code: 'transport_failed' } })
  })

  it.each([
    ['3', undefined, 3_000, 600_000],
    [0, -5, 5_000, 600_000],
    ['soon', 1e9, 5_000, 3_600_000],
    [1e9, null, 60_000, 600_000],
  ])('bounds an interval of %j and a life of %j', (interval, expires_in, pauseMs, lifeMs) => {
    const flow = new Flow().answer(json(200, { ...PROMPT, interval, expires_in }))
    expect(flow.effects).toMatchObject([{ prompt: { expiresAt: AT + lifeMs } }, { at: AT + pauseMs }])
  })

  it('shows nothing that could drive a terminal', () => {
    const flow = new Flow().answer(json(200, { ...PROMPT, user_code: 'A\u001b[31mB' }))
    expect(flow.effects[0]).toMatchObject({ prompt: { userCode: 'A [31mB' } })
  })

  it('speaks the dialect of older servers', () => {
    const flow = new Flow({
      deviceDialect: {
        parameters: [['response_type', 'device_code']],
        grantType: 'device_token',
        codeParameter: 'code',
      },
    })
    expect(flow.request.parameters).toEqual([['response_type', 'device_code']])
    const { verification_uri: _, ...rest } = PROMPT
    flow.answer(
      json(200, { ...rest, verification_url: 'https://v.example', qrcode_url: 'https://q.example' }),
    )
    expect(flow.effects[0]).toMatchObject({
      prompt: { verificationUri: 'https://v.example', verificationUriComplete: 'https://q.example' },
    })
    flow.wait()
    expect(flow.request.parameters).toEqual([
      ['grant_type', 'device_token'],
      ['code', 'SECRET-device'],
    ])
  })

  it('ignores what it does not wait for, in every phase', () => {
    const flow = new Flow()
    const events: DeviceEvent[] = [
      { type: 'timer.fired', at: AT },
      { type: 'response.received', at: AT, sentAt: AT, response: json(200, {}) },
      { type: 'transport.failed', at: AT, failure: { kind: 'retry', code: 'x', message: '' } },
    ]
    for (const phase of ['requesting', 'waiting', 'polling', 'ended'] as const) {
      for (const event of events) {
        if (DEVICE_TABLE[phase][event.type] !== 'ignored') continue
        const state = { ...flow.state, phase }
        expect(deviceTransition(state, event, flow.input)).toEqual({ state, effects: [] })
      }
    }
  })

  it('cannot begin where the provider has no such endpoint', () => {
    const { deviceAuthorizationEndpoint: _, ...bare } = PROVIDER
    expect(beginDeviceFlow({ provider: bare, scopes: [], reading: READING })).toMatchObject({
      code: 'endpoint_missing',
    })
  })
})
