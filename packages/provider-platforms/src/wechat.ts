import type { PolicyNumbers, Provider } from '@evergrant/core'
import type { ResourceServer } from '@evergrant/core/calls'
import { type PlatformApiOptions, platformApi } from './platform-api.ts'
import { type PlatformErrorTable, platformErrors } from './platform-error.ts'
import { platformProfile } from './platform-profile.ts'

export interface WechatOptions {
  /**
   * Which of the two kinds of tokens, which know nothing of each other: `stable` (the default) gives the same token to
   * whoever asks until its last five minutes; `classic` gives a new one to each, and ends the one before it.
   */
  readonly tokens?: 'stable' | 'classic'
  /**
   * With `stable`: ask for a new token each time, which ends the one before it; for a token that has leaked. WeChat
   * takes no more than 20 such requests a day, 30 seconds apart, and answers others with the old token.
   */
  readonly forceRefresh?: boolean
  /** Where WeChat is: another of its hosts, a sandbox. `https://api.weixin.qq.com` by default. */
  readonly origin?: string
}

const ORIGIN = 'https://api.weixin.qq.com'

/** A token that is replaced in its last five minutes is never ended before its time: so long WeChat lets both live. */
const CLASSIC: Partial<PolicyNumbers> = { renewBeforeMs: 300_000 }
/** Before its last five minutes there is no other one. The request has to come after their beginning, however long it takes. */
const STABLE: Partial<PolicyNumbers> = { renewBeforeMs: 270_000 }
/** A token that is ended at once is replaced late. */
const FORCED: Partial<PolicyNumbers> = { renewBeforeMs: 60_000 }

/**
 * WeChat: official accounts, mini programs, shops. AppID and AppSecret are the client's id and secret; tokens live two
 * hours, and have no scopes.
 */
export function wechat(options: WechatOptions = {}): Provider {
  const { tokens = 'stable', forceRefresh = false, origin = ORIGIN } = options
  const classic = tokens === 'classic'
  return {
    // Tokens of the two kinds must not be taken for each other.
    name: classic ? 'wechat-classic' : 'wechat',
    tokenEndpoint: `${origin}/cgi-bin/${classic ? 'token' : 'stable_token'}`,
    clientSecretMethod: classic ? 'client_secret_query' : 'client_secret_post',
    tokenDialect: {
      format: classic ? 'query' : 'json',
      parameters: [
        ['grant_type', 'client_credential'],
        ...(forceRefresh && !classic ? [['force_refresh', true] as const] : []),
      ],
      idParameter: 'appid',
      secretParameter: 'secret',
    },
    profile: platformProfile(
      { token: 'access_token', life: 'expires_in', code: 'errcode', message: 'errmsg' },
      WECHAT_TOKEN_ERRORS,
    ),
    policy: classic ? CLASSIC : forceRefresh ? FORCED : STABLE,
    reissue: classic || forceRefresh ? 'replaces' : 'adds',
  }
}

/** The APIs of WeChat: the token in the query, and errors by `errcode`. */
export function wechatApi(options: PlatformApiOptions = {}): ResourceServer {
  return platformApi(
    {
      name: 'wechat',
      origins: [ORIGIN],
      place: () => ({ in: 'query', name: 'access_token' }),
      codeOf: members => members.get('errcode'),
      messageName: 'errmsg',
      errors: WECHAT_ERRORS,
    },
    options,
  )
}

const BUSY = [-1, 'retry', 'WeChat is busy.', '系统繁忙，请稍候再试。'] as const
const LIMITS = [
  [
    45009,
    'configure',
    'The quota of the day is used up; wait, or clear it in the console.',
    '当日调用额度已用尽，请等待次日或在后台清零。',
  ],
  [45011, 'slow_down', 'Too many calls within a minute.', '调用过于频繁，请稍候再试。'],
] as const
const ADDRESS = [
  [
    40164,
    'configure',
    'This address is not on the list of the account; add it in the console.',
    '当前 IP 不在白名单中，请在后台添加。',
  ],
  [
    45035,
    'configure',
    'This address is not on the list of the account; add it in the console.',
    '当前 IP 不在白名单中，请在后台添加。',
  ],
  [
    61004,
    'configure',
    'This address is not on the list of the account; add it in the console.',
    '当前 IP 不在白名单中，请在后台添加。',
  ],
] as const

/** `errcode` of the APIs: of 全局错误码 ("global error codes"), and 45035 of the error codes of WeChat shops. */
export const WECHAT_ERRORS: PlatformErrorTable = platformErrors(
  BUSY,
  [40001, 'renew', 'The token is not valid, or not the latest.', '令牌无效，或不是最新的令牌。'],
  [40014, 'renew', 'This is no valid token.', '不合法的令牌。'],
  [42001, 'renew', 'The token has expired.', '令牌已过期。'],
  [41001, 'renew', 'The call has no token.', '缺少令牌。'],
  [
    48001,
    'configure',
    'The account may not use this API; see its permissions in the console.',
    '该账号没有此接口的权限，请在后台确认。',
  ],
  [
    48004,
    'configure',
    'The API is closed to this account; see the reason in the console.',
    '该接口已被封禁，请登录后台查看原因。',
  ],
  ...LIMITS,
  ...ADDRESS,
)

/**
 * `errcode` of the token endpoints, where 40001 is about the secret: of the pages 获取稳定版接口调用凭据 and
 * 获取接口调用凭据, and those of 全局错误码 that may come with any request.
 */
export const WECHAT_TOKEN_ERRORS: PlatformErrorTable = platformErrors(
  BUSY,
  [
    40001,
    'client',
    'The AppSecret is wrong; copy it again from the console.',
    'AppSecret 有误，请从后台重新复制。',
  ],
  [40013, 'client', 'The AppID is wrong; copy it again from the console.', 'AppID 有误，请从后台重新复制。'],
  [
    40125,
    'client',
    'The AppSecret is wrong; copy it again from the console.',
    'AppSecret 有误，请从后台重新复制。',
  ],
  [41002, 'client', 'The AppID is missing.', '缺少 AppID。'],
  [41004, 'client', 'The AppSecret is missing.', '缺少 AppSecret。'],
  [40243, 'client', 'The AppSecret is frozen; thaw it in the console.', 'AppSecret 已被冻结，请在后台解冻。'],
  [50004, 'configure', 'The account may not use this endpoint.', '该账号无权使用此接口。'],
  [50007, 'configure', 'The account is frozen.', '该账号已被冻结。'],
  [
    89503,
    'configure',
    'Calls from this address await the consent of an administrator.',
    '此 IP 的调用需管理员确认。',
  ],
  [
    89501,
    'configure',
    'Calls from this address await the consent of an administrator.',
    '此 IP 的调用正在等待管理员确认。',
  ],
  [
    89506,
    'configure',
    'An administrator refused this address twice; ask again after 24 hours.',
    '此 IP 已被管理员拒绝两次，24 小时内不可再申请。',
  ],
  [
    89507,
    'configure',
    'An administrator refused this address; ask again after an hour.',
    '此 IP 已被管理员拒绝，1 小时内不可再申请。',
  ],
  ...LIMITS,
  ...ADDRESS,
)
