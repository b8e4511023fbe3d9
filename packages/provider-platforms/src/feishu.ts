import type { Provider } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { type PlatformApiOptions, platformApi } from './platform-api.ts'
import { type PlatformErrorTable, platformErrors } from './platform-error.ts'
import { platformProfile } from './platform-profile.ts'

export interface FeishuOptions {
  /** `feishu` (open.feishu.cn, the default), or `lark` (open.larksuite.com); or an origin, of a sandbox for instance. */
  readonly origin?: 'feishu' | 'lark' | (string & {})
}

const ORIGINS: Readonly<Record<string, string>> = {
  feishu: 'https://open.feishu.cn',
  lark: 'https://open.larksuite.com',
}

/**
 * Feishu (飞书) and Lark: the `tenant_access_token` of an application of one's own. App ID and App Secret are the
 * client's id and secret; tokens live two hours and have no scopes.
 */
export function feishu({ origin = 'feishu' }: FeishuOptions = {}): Provider {
  return {
    name: origin === 'lark' ? 'lark' : 'feishu',
    tokenEndpoint: `${ORIGINS[origin] ?? origin}/open-apis/auth/v3/tenant_access_token/internal`,
    clientSecretMethod: 'client_secret_post',
    tokenDialect: { format: 'json', idParameter: 'app_id', secretParameter: 'app_secret' },
    profile: platformProfile(
      { token: 'tenant_access_token', life: 'expire', code: 'code', message: 'msg' },
      FEISHU_TOKEN_ERRORS,
    ),
    // Before its last half hour there is no other one; from then on both live.
    policy: { renewBeforeMs: 1_200_000 },
  }
}

/** The APIs of Feishu and Lark: the token in the Authorization header, and errors by `code`. */
export function feishuApi(options: PlatformApiOptions = {}): ResourceServer {
  return platformApi(
    {
      name: 'feishu',
      origins: Object.values(ORIGINS),
      codeOf: members => members.get('code'),
      messageName: 'msg',
      errors: FEISHU_ERRORS,
    },
    options,
  )
}

const LIMIT = [99991400, 'slow_down', 'Too many calls.', '请求频率超限，请稍候再试。'] as const
const DISABLED = [
  99991662,
  'configure',
  'The application is disabled; enable it in the console.',
  '应用已停用，请在开发者后台启用。',
] as const
const ADDRESS = [
  99991401,
  'configure',
  'This address is not on the list of the application; add it in the console.',
  '当前 IP 不在白名单中，请在开发者后台添加。',
] as const

/** `code` of the APIs: those of 服务端错误码说明 ("generic error codes") that are about tokens, permissions and limits. */
export const FEISHU_ERRORS: PlatformErrorTable = platformErrors(
  [99991661, 'renew', 'The call has no token.', '请求中缺少令牌。'],
  [99991663, 'renew', 'The token is not valid.', '令牌无效。'],
  [99991664, 'renew', 'The token of the application is not valid.', '应用令牌无效。'],
  [99991665, 'renew', 'The token is not one of this tenant.', '租户令牌非法。'],
  [99991668, 'renew', 'The token is not valid.', '令牌无效。'],
  [99991671, 'renew', 'The token is malformed.', '令牌格式有误。'],
  [99991677, 'renew', 'The token has expired.', '令牌已过期。'],
  [
    99991672,
    'configure',
    'The application lacks a permission; grant it and publish the application.',
    '应用缺少权限，请开通后发布版本。',
  ],
  [
    99991676,
    'configure',
    'The token lacks a permission; grant it and publish the application.',
    '令牌缺少权限，请为应用开通后发布版本。',
  ],
  DISABLED,
  [
    99991673,
    'configure',
    'The application is not available at this tenant; see whether it is installed there.',
    '应用在该租户不可用，请检查安装状态。',
  ],
  LIMIT,
  ADDRESS,
)

/**
 * `code` of the token endpoint, whose page refers to 服务端错误码说明. There 10014 stands for an application that is not
 * available, and 10015 for a wrong secret; the endpoint itself says "app secret invalid" with 10014.
 */
export const FEISHU_TOKEN_ERRORS: PlatformErrorTable = platformErrors(
  [
    10003,
    'client',
    'App ID or App Secret is missing or malformed.',
    '缺少 App ID 或 App Secret，或格式有误。',
  ],
  [
    10005,
    'client',
    'The application or its tenant is not known; copy App ID and App Secret again.',
    '应用信息或租户信息有误，请重新复制 App ID 与 App Secret。',
  ],
  [
    10014,
    'client',
    'The App Secret does not belong to this App ID, or the application is disabled; copy it again and check.',
    'App Secret 与 App ID 不匹配，或应用已停用，请重新复制并检查应用状态。',
  ],
  [10015, 'client', 'The App Secret is wrong; copy it again.', 'App Secret 有误，请重新复制。'],
  [10012, 'retry', 'Feishu could not obtain the token of the application.', '获取应用令牌失败，请稍候再试。'],
  [10013, 'retry', 'Feishu could not obtain the token of the tenant.', '获取租户令牌失败，请稍候再试。'],
  DISABLED,
  [
    99991543,
    'client',
    'App ID or App Secret is wrong; copy both again.',
    'App ID 或 App Secret 有误，请重新复制。',
  ],
  LIMIT,
  ADDRESS,
)
