import { fail } from '../failure/fail.ts'
import type { Failure } from '../failure/failure.ts'
import { type ReadContext, readErrorResponse } from '../message/error-response.ts'
import { parseJsonObject } from '../message/json-object.ts'
import { keepingRefreshTokens } from '../message/message-profile.ts'
import { targetParameters } from '../message/target-parameters.ts'
import { readTokenResponse } from '../message/token-response.ts'
import type { TokenSet } from '../message/token-set.ts'
import type { TokenRequest } from '../ports/client-authentication.ts'
import type { Provider } from '../ports/provider.ts'
import type { HttpResponse } from '../ports/transport.ts'
import { untrustedText } from '../redaction/redact.ts'

/**
 * The device authorization flow (RFC 8628) as a machine: a device that has no browser shows a code, the person
 * enters it elsewhere, and the device asks until they have.
 *
 * @module
 */

/** What the person has to be shown (RFC 8628 §3.2). */
export interface DevicePrompt {
  readonly userCode: string
  readonly verificationUri: string
  /** The same with the code in it, for a QR code or a link; `undefined` when the server gives none. */
  readonly verificationUriComplete: string | undefined
  /** Epoch ms. */
  readonly expiresAt: number
}

/**
 * Where the flow stands: the device code is being asked for, a pause passes, the token is being asked for, or it
 * has come to its end.
 */
export type DevicePhase = 'requesting' | 'waiting' | 'polling' | 'ended'

export interface DeviceState {
  readonly phase: DevicePhase
  readonly deviceCode: string
  readonly intervalMs: number
  readonly expiresAt: number
}

export type DeviceEvent = { readonly at: number } & (
  | { readonly type: 'response.received'; readonly response: HttpResponse; readonly sentAt: number }
  | { readonly type: 'transport.failed'; readonly failure: Failure }
  | { readonly type: 'timer.fired' }
)

export type DeviceEffect =
  /** Client authentication is added on the way out; a server of an older dialect is only told the client id. */
  | { readonly type: 'request'; readonly request: TokenRequest }
  | { readonly type: 'wake'; readonly at: number }
  | { readonly type: 'show'; readonly prompt: DevicePrompt }
  | { readonly type: 'end'; readonly outcome: DeviceOutcome }

export type DeviceOutcome =
  | { readonly ok: true; readonly tokens: TokenSet }
  | { readonly ok: false; readonly failure: Failure }

export interface DeviceTransition {
  readonly state: DeviceState
  readonly effects: readonly DeviceEffect[]
}

/** What the flow is about; the same at every step. */
export interface DeviceInput {
  readonly provider: Provider
  readonly scopes: readonly string[]
  /** Resource indicators (RFC 8707). Absent: none. */
  readonly resources?: readonly string[]
  /** For servers that want an `audience` where others have resources. */
  readonly audience?: string
  /** How answers of the token endpoint are read, but for the moments. */
  readonly reading: Omit<ReadContext, 'sentAt' | 'receivedAt' | 'secrets' | 'scopeRequested' | 'profile'>
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code'
/** Pause between two requests where the server names none, and what `slow_down` adds (RFC 8628 §3.5). */
const INTERVAL_MS = 5_000
const INTERVAL_MS_MAX = 60_000
/** Life of a device code where the server names none, and the longest that is believed. */
const EXPIRES_MS_DEFAULT = 600_000
const EXPIRES_MS_MAX = 3_600_000

/** The device authorization request (RFC 8628 §3.1), or why there can be none. */
export function beginDeviceFlow(input: DeviceInput): DeviceTransition | Failure {
  const { provider, scopes } = input
  const { deviceAuthorizationEndpoint: endpoint, deviceDialect } = provider
  if (endpoint === undefined) return fail('endpoint_missing')
  const request: TokenRequest = {
    endpoint,
    parameters: [
      ...(deviceDialect?.parameters ?? []),
      ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
      ...targetParameters(input.resources, input.audience),
    ],
    headers: [['accept', 'application/json']],
    secrets: [],
  }
  const state: DeviceState = { phase: 'requesting', deviceCode: '', intervalMs: INTERVAL_MS, expiresAt: 0 }
  return { state, effects: [{ type: 'request', request }] }
}

/** One step. Total: an event that a phase does not wait for changes nothing. */
export function deviceTransition(
  state: DeviceState,
  event: DeviceEvent,
  input: DeviceInput,
): DeviceTransition {
  const cell = DEVICE_TABLE[state.phase][event.type]
  return cell === 'ignored' ? { state, effects: [] } : cell(state, event as never, input)
}

type Of<Type extends DeviceEvent['type']> = Extract<DeviceEvent, { readonly type: Type }>
type Cell<Type extends DeviceEvent['type']> =
  | 'ignored'
  | ((state: DeviceState, event: Of<Type>, input: DeviceInput) => DeviceTransition)

/** The whole flow: every phase, every event. */
export const DEVICE_TABLE: {
  readonly [Phase in DevicePhase]: { readonly [Type in DeviceEvent['type']]: Cell<Type> }
} = {
  requesting: {
    'response.received': onPrompt,
    'transport.failed': (state, { failure }) => end(state, failure),
    'timer.fired': 'ignored',
  },
  waiting: { 'response.received': 'ignored', 'transport.failed': 'ignored', 'timer.fired': onTimer },
  polling: {
    'response.received': onAnswer,
    // A timeout asks for patience (RFC 8628 §3.5).
    'transport.failed': (state, { at }) => pause(state, at, state.intervalMs * 2),
    'timer.fired': 'ignored',
  },
  ended: { 'response.received': 'ignored', 'transport.failed': 'ignored', 'timer.fired': 'ignored' },
}

/** The device authorization answer (RFC 8628 §3.2). Baidu says `verification_url` and `qrcode_url`. */
function onPrompt(state: DeviceState, event: Of<'response.received'>, input: DeviceInput): DeviceTransition {
  const { response, at, sentAt } = event
  const body = parseJsonObject(response.body)
  if (!body.ok && response.status === 200) return end(state, body.failure)
  const members = body.ok ? body.members : undefined
  if (response.status !== 200 || members === undefined || members.has('error')) {
    return end(state, readErrorResponse(response, members, contextOf(input, event)))
  }
  const text = (name: string): string | undefined => {
    const value = members.get(name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const deviceCode = text('device_code')
  const userCode = text('user_code')
  const verificationUri = text('verification_uri') ?? text('verification_url')
  if (deviceCode === undefined || userCode === undefined || verificationUri === undefined) {
    return end(state, fail('response_wrong_type'))
  }
  const expiresAt = sentAt + seconds(members.get('expires_in'), EXPIRES_MS_DEFAULT, EXPIRES_MS_MAX)
  const intervalMs = seconds(members.get('interval'), INTERVAL_MS, INTERVAL_MS_MAX)
  const prompt: DevicePrompt = {
    userCode: untrustedText(userCode),
    verificationUri: untrustedText(verificationUri),
    verificationUriComplete: text('verification_uri_complete') ?? text('qrcode_url'),
    expiresAt,
  }
  const next = pause({ ...state, deviceCode, expiresAt }, at, intervalMs)
  return { state: next.state, effects: [{ type: 'show', prompt }, ...next.effects] }
}

function onTimer(state: DeviceState, { at }: Of<'timer.fired'>, input: DeviceInput): DeviceTransition {
  if (at >= state.expiresAt) return end(state, fail('flow_expired'))
  return {
    state: { ...state, phase: 'polling' },
    effects: [{ type: 'request', request: pollRequest(state, input) }],
  }
}

/** The device access token request (RFC 8628 §3.4). */
function pollRequest({ deviceCode }: DeviceState, input: DeviceInput): TokenRequest {
  const { provider } = input
  const { grantType = GRANT_TYPE, codeParameter = 'device_code' } = provider.deviceDialect ?? {}
  return {
    endpoint: provider.tokenEndpoint,
    parameters: [
      ['grant_type', grantType],
      [codeParameter, deviceCode],
      ...targetParameters(input.resources, input.audience),
    ],
    headers: [['accept', 'application/json']],
    secrets: [deviceCode],
  }
}

function onAnswer(state: DeviceState, event: Of<'response.received'>, input: DeviceInput): DeviceTransition {
  const { at, response } = event
  const result = readTokenResponse(response, contextOf(input, event))
  if (result.ok) return settle(state, result)
  switch (errorOf(response)) {
    case 'authorization_pending':
      return pause(state, at, state.intervalMs)
    case 'slow_down':
      return pause(state, at, state.intervalMs + INTERVAL_MS)
    case 'expired_token':
    case 'authorization_expired':
      return end(state, fail('flow_expired'))
    default:
      return result.failure.kind === 'retry'
        ? pause(state, at, state.intervalMs * 2)
        : end(state, result.failure)
  }
}

function errorOf(response: HttpResponse): unknown {
  const body = parseJsonObject(response.body)
  return body.ok ? body.members.get('error') : undefined
}

function pause(state: DeviceState, at: number, intervalMs: number): DeviceTransition {
  const paused: DeviceState = {
    ...state,
    phase: 'waiting',
    intervalMs: Math.min(intervalMs, INTERVAL_MS_MAX),
  }
  return { state: paused, effects: [{ type: 'wake', at: Math.min(at + paused.intervalMs, state.expiresAt) }] }
}

function end(state: DeviceState, failure: Failure): DeviceTransition {
  return settle(state, { ok: false, failure })
}

function settle(state: DeviceState, outcome: DeviceOutcome): DeviceTransition {
  return { state: { ...state, phase: 'ended', deviceCode: '' }, effects: [{ type: 'end', outcome }] }
}

function contextOf(input: DeviceInput, { at, sentAt }: Of<'response.received'>): ReadContext {
  const { provider, scopes, reading } = input
  return {
    ...reading,
    profile: keepingRefreshTokens(provider.profile),
    sentAt,
    receivedAt: at,
    scopeRequested: scopes.length > 0 ? scopes : undefined,
    secrets: [],
  }
}

/** Seconds as ms, between one second and a bound; the default for anything that is no positive number. */
function seconds(value: unknown, otherwiseMs: number, msMax: number): number {
  const ms = typeof value === 'number' || typeof value === 'string' ? Number(value) * 1_000 : Number.NaN
  return ms > 0 ? Math.min(Math.max(ms, 1_000), msMax) : otherwiseMs
}
