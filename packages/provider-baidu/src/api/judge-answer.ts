import { parseJsonObject, untrustedText } from '@evergrant/core'
import type { ApiAnswer, ApiFailure, CallTarget } from '@evergrant/core/calls'
import { type BaiduAction, type BaiduErrorEntry, KIND_OF_ACTION } from '../errors/error-entry.ts'
import { explainBaiduError } from '../errors/explain-error.ts'
import { RECOGNITION_ERRORS, SYNTHESIS_ERRORS } from '../errors/speech-errors.ts'
import type { BaiduApiFailure } from './baidu-api-error.ts'

/** What stands for the token in calls: an access token of an AI application, or a short-lived bearer key. */
export type BaiduScheme = 'access_token' | 'bearer'

type Members = ReadonlyMap<string, unknown>

/**
 * What an answer of the platform says, whatever its status: the AI APIs tell errors inside an HTTP 200
 * (`error_code`), speech has envelopes of its own (`err_no`), the gateway uses statuses and header fields.
 *
 * `scheme` says what stands for the token: a bearer key that was exchanged is refused with codes of its own.
 */
export function judgeBaiduAnswer(
  answer: ApiAnswer,
  target: CallTarget,
  scheme: BaiduScheme = 'access_token',
): BaiduApiFailure | undefined {
  const parsed = answer.body === undefined ? undefined : parseJsonObject(answer.body)
  const members: Members = parsed?.ok ? parsed.members : new Map()
  return (
    ofErrorCode(members, answer, scheme) ??
    ofSpeech(members, answer, target) ??
    ofGateway(members, answer) ??
    undefined
  )
}

/** `{ "error_code": 110, "error_msg": "…" }`; the code may be a string of digits. */
function ofErrorCode(members: Members, answer: ApiAnswer, scheme: BaiduScheme): BaiduApiFailure | undefined {
  const code = codeOf(members.get('error_code'))
  if (code === undefined) return undefined
  const text = textOf(members.get('error_msg'))
  const entry = explainBaiduError(code)
  return failureOf(code, actionOfCode(code, text, entry, scheme), entry, text, answer.status)
}

function actionOfCode(
  code: string,
  text: string,
  entry: BaiduErrorEntry | undefined,
  scheme: BaiduScheme,
): BaiduAction {
  if (code === '100' && !meansToken(text)) return 'give_up'
  if (code === BEARER_REFUSED && scheme === 'bearer') return 'renew'
  return entry?.action ?? 'give_up'
}

/** The bearer key was not accepted: a wrong one, or one that has ended. */
const BEARER_REFUSED = '23'

/** The documented text of a bad token argument, or one that names the token; other parameters name themselves. */
function meansToken(text: string): boolean {
  return /token/i.test(text) || /^\s*invalid parameter\s*$/i.test(text)
}

/** `{ "err_no": 3302, "err_msg": "…" }` of speech recognition, with `err_subcode` of speech synthesis. */
function ofSpeech(members: Members, answer: ApiAnswer, target: CallTarget): BaiduApiFailure | undefined {
  const code = codeOf(members.get('err_no'))
  if (code === undefined) return undefined
  const text = textOf(members.get('err_msg'))
  const synthesis = target.hostname.startsWith('tsn.') || target.pathname.startsWith('/text2audio')
  const entry = (synthesis ? SYNTHESIS_ERRORS : RECOGNITION_ERRORS)[Number(code)]
  return failureOf(code, speechAction(code, text, members, entry), entry, text, answer.status)
}

/**
 * One code of recognition stands for a bad token, a used-up quota and a wrong sample rate, and one of synthesis for
 * a bad token and a missing permission. The text, and the subcode, tell them apart.
 */
function speechAction(
  code: string,
  text: string,
  members: Members,
  entry: BaiduErrorEntry | undefined,
): BaiduAction {
  if (code === '502') return /^11[01]$/.test(codeOf(members.get('err_subcode')) ?? '') ? 'renew' : 'configure'
  if (code === '3302') return /auth/i.test(text) ? 'renew' : 'configure'
  return entry?.action ?? 'give_up'
}

/** The gateway in front of the APIs: `{ code, message }` of BCE, `{ error: { code } }` of Qianfan, or header fields. */
function ofGateway(members: Members, answer: ApiAnswer): BaiduApiFailure | undefined {
  const { status } = answer
  if (status < 400) return undefined
  const nested = members.get('error')
  const error = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>) : {}
  const code =
    answer.header('x-bce-error-code')?.trim() ||
    textOf(members.get('code')) ||
    (Object.hasOwn(error, 'code') ? textOf(error.code) : '') ||
    `http_${status}`
  const text = answer.header('x-bce-error-message') || textOf(members.get('message')) || textOf(error.message)
  const entry = explainBaiduError(code)
  const failure = failureOf(code, entry?.action ?? actionOf(status), entry, text, status)
  return { ...failure, plain: true }
}

/** Qianfan answers 401 to an unknown model too, so the status alone says nothing about the token. */
function actionOf(status: number): BaiduAction {
  if (status === 429) return 'slow_down'
  return status >= 500 ? 'retry' : 'configure'
}

const ABOUT: Readonly<Record<BaiduAction, ApiFailure['about']>> = {
  renew: 'token',
  slow_down: 'limit',
  wait: 'limit',
  retry: 'server',
  configure: 'request',
  give_up: 'request',
}

/** Shortest pauses that make sense, in ms: the limit per second, and the limit per minute. */
const PAUSE_MS: Partial<Readonly<Record<BaiduAction, number>>> = { slow_down: 1_000, wait: 60_000 }

const CODE_CHARS_MAX = 64

function failureOf(
  code: string,
  action: BaiduAction,
  entry: BaiduErrorEntry | undefined,
  text: string,
  status: number,
): BaiduApiFailure {
  const name = untrustedText(code).slice(0, CODE_CHARS_MAX) || 'unknown_error'
  const retryAfterMs = PAUSE_MS[action]
  return {
    kind: KIND_OF_ACTION[action],
    code: name,
    message:
      entry === undefined
        ? `Baidu answered with the error ${name}.`
        : `${entry.meaning.en} ${entry.remedy.en}`,
    status,
    about: ABOUT[action],
    plain: false,
    entry,
    ...(text !== '' && { description: untrustedText(text) }),
    ...(entry !== undefined && { advice: entry.remedy }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** A code that is not zero, as text; `undefined` when there is none. */
function codeOf(value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const text = String(value)
  return text === '' || text === '0' ? undefined : text
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
