import {
  type Advice,
  type ErrorView,
  type Failure,
  type FailureCode,
  fail,
  type Members,
  type MessageProfile,
  type Provider,
  tolerantProfile,
} from '@evergrant/core'
import { PLATFORM_ERRORS } from './errors/classic-errors.ts'
import { type BaiduErrorTable, errorTable } from './errors/error-entry.ts'
import { NO_SUCH_API } from './errors/no-such-api.ts'
import { doubtBaiduClient } from './key-kind.ts'
import { parseBaiduToken } from './token-text.ts'

export interface BaiduOptions {
  /**
   * The token endpoint: `aip` for AI applications (aip.baidubce.com, the default), `openapi` for the classic one
   * (openapi.baidu.com), or a URL, of a sandbox for instance.
   */
  readonly endpoint?: 'aip' | 'openapi' | (string & {})
  /**
   * Where API Key and Secret Key stand: in the form `body` (the default, as Baidu's own Node and Java SDKs do it),
   * or in the `query`, where they end up in the logs of every proxy on the way.
   */
  readonly parameters?: 'body' | 'query'
  /**
   * How a token is renewed: by another request with API Key and Secret Key (the default, which Baidu recommends
   * for AI applications), or with the refresh token that came with it.
   */
  readonly renewWith?: 'client_credentials' | 'refresh_token'
  /** Keep `session_key` and `session_secret` of the answer in `token.extra`. `false` by default: nobody needs them. */
  readonly keepSession?: boolean
}

const ENDPOINTS: Readonly<Record<string, string>> = {
  aip: 'https://aip.baidubce.com/oauth/2.0/token',
  openapi: 'https://openapi.baidu.com/oauth/2.0/token',
}

const DAY_MS = 86_400_000
/** How long to leave the endpoint alone after it has spoken of its security policy. */
const SECURITY_PAUSE_MS = 60_000

/**
 * The Baidu AI Open Platform. API Key and Secret Key are the client's id and secret; tokens live 30 days and
 * are renewed a day before they end.
 */
export function baidu(options: BaiduOptions = {}): Provider {
  const {
    endpoint = 'aip',
    parameters = 'body',
    renewWith = 'client_credentials',
    keepSession = false,
  } = options
  const tokenEndpoint = ENDPOINTS[endpoint] ?? endpoint
  return {
    name: 'baidu',
    tokenEndpoint,
    ...(endpoint === 'aip' ? {} : signInEndpoints(tokenEndpoint)),
    clientSecretMethod: parameters === 'query' ? 'client_secret_query' : 'client_secret_post',
    profile: profileOf(renewWith === 'refresh_token', keepSession),
    policy: { renewBeforeMs: DAY_MS },
    renewWith,
    // A refresh token of Baidu works once.
    refreshTokenUse: 'single_use',
    doubtClient: doubtBaiduClient,
  }
}

/** People sign in at the classic host, which is older than RFC 8628 and knows no PKCE. */
function signInEndpoints(
  tokenEndpoint: string,
): Pick<
  Provider,
  'authorizationEndpoint' | 'deviceAuthorizationEndpoint' | 'deviceDialect' | 'codeChallenge'
> {
  const base = tokenEndpoint.replace(/\/token$/, '')
  return {
    authorizationEndpoint: `${base}/authorize`,
    deviceAuthorizationEndpoint: `${base}/device/code`,
    deviceDialect: {
      parameters: [['response_type', 'device_code']],
      grantType: 'device_token',
      codeParameter: 'code',
      asksByQuery: true,
    },
    codeChallenge: 'none',
  }
}

function profileOf(keepsRefreshToken: boolean, keepSession: boolean): MessageProfile {
  return {
    ...tolerantProfile,
    // It lives ten years and is worth nothing to an AI application: what is not kept cannot leak.
    refreshToken: keepsRefreshToken ? 'keep' : 'ignore',
    membersIgnored: keepSession ? [] : ['session_key', 'session_secret'],
    isError: members => errorCodeOf(members) !== undefined,
    classifyError,
    expiryHint: token => parseBaiduToken(token)?.expiresAt,
  }
}

/** Of the codes of the AI APIs, the one that means this endpoint. The whole table would be too much for every program. */
const ENDPOINT_ERRORS: BaiduErrorTable = /* @__PURE__ */ errorTable([NO_SUCH_API])

/** Baidu's own errors at the token endpoint: the classic OAuth table, and codes that come as `error_code`. */
function classifyError({ status, error, description = '', members }: ErrorView): Failure | undefined {
  const code = errorCodeOf(members)
  if (code !== undefined) return ofErrorCode(code)
  if (error === 'invalid_client') return advised('invalid_client', ofClient(description))
  if (error === 'invalid_request' && /refresh token/i.test(description)) return fail('invalid_grant')
  if (error === 'expired_token') return fail('invalid_grant')
  if (error === 'Trigger security policy')
    return advised('temporarily_unavailable', SECURITY, SECURITY_PAUSE_MS)
  if (error === undefined && status === 404) return advised('endpoint_not_found', NOT_FOUND)
  return undefined
}

/** The `error_code` as text, `unknown_error` where it is no number; `undefined` where there is none, or it is 0. */
function errorCodeOf(members: Members): string | undefined {
  const code = members.get('error_code') ?? 0
  const text = typeof code === 'number' || typeof code === 'string' ? String(code) : ''
  if (text === '0') return undefined
  return /^-?\d{1,9}$/.test(text) ? text : 'unknown_error'
}

function ofErrorCode(code: string): Failure {
  const entry = PLATFORM_ERRORS[Number(code)] ?? ENDPOINT_ERRORS[Number(code)]
  if (entry === undefined) {
    return { kind: 'retry', code, message: `Baidu answered with the error code ${code}.` }
  }
  return { kind: 'configure', code, message: `${entry.meaning.en} ${entry.remedy.en}`, advice: entry.remedy }
}

function ofClient(description: string): Advice {
  return /unknown client id/i.test(description) ? WRONG_ID : WRONG_SECRET
}

function advised(code: FailureCode, advice: Advice, retryAfterMs?: number): Failure {
  return { ...fail(code), advice, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

const WRONG_ID: Advice = {
  en: 'The API Key is wrong: copy it again from the application in the console.',
  zh: 'API Key 有误：请从控制台的应用详情中重新复制。',
}
const WRONG_SECRET: Advice = {
  en: 'The Secret Key does not belong to this API Key: copy it again from the same application.',
  zh: 'Secret Key 与 API Key 不匹配：请从同一应用中重新复制。',
}
const SECURITY: Advice = {
  en: 'Too many bad requests came from here; the endpoint is left alone for a minute.',
  zh: '错误请求过多触发了安全策略，将暂停请求一分钟。',
}
const NOT_FOUND: Advice = {
  en: 'Baidu answers 404 to a wrong grant_type; check the URL too.',
  zh: '百度对错误的 grant_type 返回 404；请同时检查 URL。',
}
