import { type ErrorView, type Failure, fail, type Members } from '@evergrant/core'
import { KIND_OF_ACTION } from '../errors/error-entry.ts'
import { explainBaiduError } from '../errors/explain-error.ts'

/**
 * `{ userId, token, status, createTime, expireTime }` and `{ code, message, requestId }` under the names of RFC 6749.
 * Nothing else of the answer is kept: it says whose account this is.
 */
export function translateBearer(members: Members): Members {
  const createdAt = instantOf(members.get('createTime'))
  const lifeMs = (bearerExpiry(members) ?? Number.NaN) - createdAt
  return new Map<string, unknown>([
    ['access_token', members.get('token')],
    ['expires_in', Number.isNaN(lifeMs) ? undefined : lifeMs / 1000],
    ['error', members.get('code')],
    ['error_description', members.get('message')],
  ])
}

/** When a key ends, in epoch ms by the platform's clock; `undefined` when its answer does not tell. */
export function bearerExpiry(members: Members): number | undefined {
  const at = instantOf(members.get('expireTime'))
  return Number.isNaN(at) ? undefined : at
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** `2024-03-06T06:32:46Z` in epoch ms; `NaN` for anything else. */
function instantOf(value: unknown): number {
  return typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
}

/** An error of the exchange by its name, which the gateway tells in a header field when it sends no body. */
export function classifyBearerError({ status, error, header }: ErrorView): Failure | undefined {
  const code = error ?? header('x-bce-error-code')
  const entry = code === undefined ? undefined : explainBaiduError(code)
  if (code === undefined || entry === undefined) return status === 403 || status === 401 ? REFUSED : undefined
  const { action, meaning, remedy } = entry
  const told = header('x-bce-error-message')
  return {
    kind: KIND_OF_ACTION[action],
    code,
    message: `${meaning.en} ${remedy.en}`,
    advice: remedy,
    ...(told !== undefined && { description: told }),
  }
}

/** The gateway refuses an Access Key that it does not know with 403 and no word. */
const REFUSED: Failure = {
  ...fail('invalid_client', {
    message: 'The Access Key was not accepted; check Access Key ID and Secret Access Key.',
  }),
  advice: {
    en: 'Copy Access Key ID and Secret Access Key again from the console, both of the same pair; the keys of an AI application do not sign.',
    zh: '请从控制台重新复制同一对 Access Key ID 与 Secret Access Key；AI 应用的密钥不能用于签名。',
  },
}
