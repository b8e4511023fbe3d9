import type { Members, Provider } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { type PlatformApiOptions, platformApi } from './platform-api.ts'
import { type PlatformErrorTable, platformErrors } from './platform-error.ts'
import { platformProfile } from './platform-profile.ts'

export interface DingtalkOptions {
  /** Which endpoint: `current` (api.dingtalk.com, the default), or `classic` (oapi.dingtalk.com). */
  readonly endpoint?: 'current' | 'classic'
  /** Where DingTalk is: a sandbox for instance. As the endpoint is by default. */
  readonly origin?: string
}

const ORIGIN = 'https://api.dingtalk.com'
const CLASSIC_ORIGIN = 'https://oapi.dingtalk.com'

/**
 * DingTalk (钉钉): the token of an application of one's own. AppKey and AppSecret (Client ID and Client Secret) are the
 * client's id and secret; tokens live two hours and have no scopes.
 */
export function dingtalk({ endpoint = 'current', origin }: DingtalkOptions = {}): Provider {
  const classic = endpoint === 'classic'
  return {
    name: 'dingtalk',
    tokenEndpoint: classic
      ? `${origin ?? CLASSIC_ORIGIN}/gettoken`
      : `${origin ?? ORIGIN}/v1.0/oauth2/accessToken`,
    clientSecretMethod: classic ? 'client_secret_query' : 'client_secret_post',
    tokenDialect: classic
      ? { format: 'query', idParameter: 'appkey', secretParameter: 'appsecret' }
      : { format: 'json', idParameter: 'appKey', secretParameter: 'appSecret' },
    profile: platformProfile(
      classic
        ? { token: 'access_token', life: 'expires_in', code: 'errcode', message: 'errmsg' }
        : { token: 'accessToken', life: 'expireIn', code: 'code', message: 'message' },
      DINGTALK_TOKEN_ERRORS,
    ),
    // Whoever asks while a token lives gets it back with a new life.
    policy: { renewBeforeMs: 300_000 },
  }
}

/**
 * The APIs of DingTalk: the token in a header field of its own at api.dingtalk.com, and in the query at
 * oapi.dingtalk.com; errors by a name in `code`, or by `errcode` and `sub_code`.
 */
export function dingtalkApi(options: PlatformApiOptions = {}): ResourceServer {
  return platformApi(
    {
      name: 'dingtalk',
      origins: [ORIGIN, CLASSIC_ORIGIN],
      // The paths of the current APIs begin with their version.
      place: ({ pathname }) =>
        /^\/v\d/.test(pathname)
          ? { in: 'header', name: 'x-acs-dingtalk-access-token' }
          : { in: 'query', name: 'access_token' },
      codeOf,
      messageName: 'message',
      errors: DINGTALK_ERRORS,
    },
    options,
  )
}

/** The classic 88 stands for every refusal of the gateway, and says which in a second code. */
function codeOf(members: Members): unknown {
  const code = members.get('errcode') ?? members.get('code')
  return code === 88 || code === '88' ? (members.get('sub_code') ?? code) : code
}

/** A limit of calls per second is over after a second. */
const SECOND_MS = 1_000
const OF_ALL = [
  'slow_down',
  'All applications together call this API too often.',
  '该接口的全局调用频率超限，请稍候再试。',
  SECOND_MS,
] as const
const OF_APP = [
  'slow_down',
  'The application calls this API too often.',
  '应用调用该接口过于频繁，请稍候再试。',
  SECOND_MS,
] as const
const OF_MONTH = [
  'configure',
  'The calls of this month are used up; wait, or have more granted to the organization.',
  '本月接口调用次数已用尽，请等待次月或扩容。',
] as const

/** Of 调用频次与限流 ("call frequency and limits"): each limit by its classic code and by its current one. */
const LIMITS = [
  [90002, ...OF_ALL],
  ['Forbidden.AccessDenied.QpsLimitForApi', ...OF_ALL],
  [90018, ...OF_APP],
  ['Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', ...OF_APP],
  [90020, ...OF_MONTH],
  ['Forbidden.AccessDenied.ApiCountLimitForOrg', ...OF_MONTH],
] as const

const ADDRESS = [
  'configure',
  'This address is not on the list of the application; add it in the console.',
  '当前 IP 不在白名单中，请在开发者后台添加。',
] as const

/**
 * `code` and `errcode` of the APIs: numbers from 全局错误码 ("global error codes") of the classic APIs, names as the
 * current APIs answer them.
 */
export const DINGTALK_ERRORS: PlatformErrorTable = platformErrors(
  ['InvalidAuthentication', 'renew', 'The token is not valid.', '令牌无效。'],
  [40014, 'renew', 'The token is not valid.', '令牌无效。'],
  [42001, 'renew', 'The token has expired.', '令牌已过期。'],
  [41001, 'renew', 'The call has no token.', '缺少令牌。'],
  [88, 'configure', 'The call was refused.', '鉴权异常。'],
  [
    60011,
    'configure',
    'The application lacks a permission; grant it in the console.',
    '应用缺少权限，请在开发者后台开通。',
  ],
  [
    'Forbidden.AccessDenied.AccessTokenPermissionDenied',
    'configure',
    'The application lacks a permission; grant it in the console.',
    '应用缺少权限，请在开发者后台开通。',
  ],
  [60020, ...ADDRESS],
  ['Forbidden.AccessDenied.IpNotInWhiteList', ...ADDRESS],
  ...LIMITS,
)

/**
 * `code` and `errcode` of the token endpoints. `invalidClientIdOrSecret` is from the page of the current one, 40089 and
 * -1 are from 全局错误码; 40096, which is in no table, is what the classic one answers to a wrong key, and 40035 to a
 * missing one.
 */
export const DINGTALK_TOKEN_ERRORS: PlatformErrorTable = platformErrors(
  [
    'invalidClientIdOrSecret',
    'client',
    'AppKey or AppSecret is wrong; copy both again.',
    'AppKey 或 AppSecret 有误，请重新复制。',
  ],
  [
    40089,
    'client',
    'AppKey or AppSecret is wrong; copy both again.',
    'AppKey 或 AppSecret 有误，请重新复制。',
  ],
  [
    40096,
    'client',
    'AppKey or AppSecret is wrong; copy both again.',
    'AppKey 或 AppSecret 有误，请重新复制。',
  ],
  [40035, 'client', 'AppKey or AppSecret is missing.', '缺少 AppKey 或 AppSecret。'],
  [60020, ...ADDRESS],
  ['Forbidden.AccessDenied.IpNotInWhiteList', ...ADDRESS],
  [-1, 'retry', 'DingTalk is busy.', '系统繁忙，请稍候再试。'],
  ...LIMITS,
)
