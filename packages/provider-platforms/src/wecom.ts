import type { Provider } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { type PlatformApiOptions, platformApi } from './platform-api.ts'
import { type PlatformErrorTable, platformErrors } from './platform-error.ts'
import { platformProfile } from './platform-profile.ts'

export interface WecomOptions {
  /** Where WeCom is: a private deployment, a sandbox. `https://qyapi.weixin.qq.com` by default. */
  readonly origin?: string
}

const ORIGIN = 'https://qyapi.weixin.qq.com'

/**
 * WeCom (企业微信). The corpid is the client's id and the secret of one application its secret; tokens live two hours,
 * have no scopes, and may be ended early by the platform.
 */
export function wecom({ origin = ORIGIN }: WecomOptions = {}): Provider {
  return {
    name: 'wecom',
    tokenEndpoint: `${origin}/cgi-bin/gettoken`,
    clientSecretMethod: 'client_secret_query',
    tokenDialect: { format: 'query', idParameter: 'corpid', secretParameter: 'corpsecret' },
    profile: platformProfile(
      { token: 'access_token', life: 'expires_in', code: 'errcode', message: 'errmsg' },
      WECOM_TOKEN_ERRORS,
    ),
    // While a token lives there may be no other one: asking for it early is of little use.
    policy: { renewBeforeMs: 60_000, expiryMarginMs: 2_000 },
  }
}

/** The APIs of WeCom: the token in the query, and errors by `errcode`. */
export function wecomApi(options: PlatformApiOptions = {}): ResourceServer {
  return platformApi(
    {
      name: 'wecom',
      origins: [ORIGIN],
      place: () => ({ in: 'query', name: 'access_token' }),
      codeOf: members => members.get('errcode'),
      messageName: 'errmsg',
      errors: WECOM_ERRORS,
    },
    options,
  )
}

const BUSY = [-1, 'retry', 'WeCom is busy.', '系统繁忙，请稍候再试。'] as const
const LIMIT = [45009, 'slow_down', 'Too many calls; wait.', '接口调用超过限制，请稍候再试。'] as const
const ADDRESS = [
  60020,
  'configure',
  'This address is not trusted; add it to the application in the console.',
  '当前 IP 不可信，请在应用的“企业可信IP”中添加。',
] as const

/** `errcode` of the APIs, of 全局错误码 ("global error codes"). Expired tokens are answered with 40014 as well as with 42001. */
export const WECOM_ERRORS: PlatformErrorTable = platformErrors(
  BUSY,
  [40014, 'renew', 'The token is not valid any more.', '令牌无效。'],
  [42001, 'renew', 'The token has expired.', '令牌已过期。'],
  [41001, 'renew', 'The call has no token.', '缺少令牌。'],
  [
    48002,
    'configure',
    'The application may not use this API; see its permissions.',
    '应用没有此接口的权限，请在管理后台确认。',
  ],
  [
    60011,
    'configure',
    'The application may not see this member or department.',
    '应用无权访问该成员或部门，请检查可见范围。',
  ],
  LIMIT,
  ADDRESS,
)

/** `errcode` of the token endpoint, of the same table. */
export const WECOM_TOKEN_ERRORS: PlatformErrorTable = platformErrors(
  BUSY,
  [
    40001,
    'client',
    'The secret does not belong to this corpid; copy it again from the application.',
    'secret 与 corpid 不匹配，请从应用详情重新复制。',
  ],
  [40013, 'client', 'The corpid is wrong.', 'corpid 有误。'],
  [41002, 'client', 'The corpid is missing.', '缺少 corpid。'],
  [41004, 'client', 'The secret is missing.', '缺少 secret。'],
  LIMIT,
  ADDRESS,
)
