import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import type { PlatformMode } from './platform-mode.ts'
import type { PlatformFault } from './platform-options.ts'
import { clientFlaw, give, say } from './platform-reply.ts'
import type { PlatformState, PlatformToken } from './platform-state.ts'

const CLASSIC = '/gettoken'
const CURRENT = '/v1.0/oauth2/accessToken'
const FAMILY = 'app'
/** The gateway of the classic APIs says every refusal with this code, and which one in a second code. */
const GATEWAY_REFUSAL = 88

const MESSAGES: Readonly<Record<number, string>> = {
  [-1]: '系统繁忙',
  40014: '不合法的access_token',
  40089: '不合法的corpid或corpsecret',
  41001: '缺少参数 access_token',
  90002: '您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了',
}

/** DingTalk: whoever asks while a token lives is given it again, with a new life. Both endpoints know the same tokens. */
export const dingtalkMode: PlatformMode = {
  isTokenPath: path => path === CLASSIC || path === CURRENT,
  answerToken(state, exchange, fault) {
    if (exchange.path === CLASSIC) answerClassic(state, exchange, fault)
    else answerCurrent(state, exchange, fault)
  },
  answerApi(state, exchange) {
    if (exchange.path.startsWith('/v1.0/')) return answerCurrentApi(state, exchange)
    const flaw = state.flawOf(exchange.query.get('access_token') ?? '', [FAMILY])
    if (flaw === undefined) return say(state, exchange, 'ok', { errcode: 0, errmsg: 'ok', result: {} })
    const sub = flaw === 'missing' ? 41001 : 40014
    const sub_msg = MESSAGES[sub]
    say(state, exchange, String(sub), {
      errcode: GATEWAY_REFUSAL,
      sub_code: String(sub),
      sub_msg,
      errmsg: `ding talk error[subcode=${sub},submsg=${sub_msg}]`,
    })
  },
}

function answerClassic(state: PlatformState, exchange: Exchange, fault: PlatformFault | undefined): void {
  if (fault === 'busy' || fault === 'limit')
    return failClassic(state, exchange, fault === 'busy' ? -1 : 90002)
  const { query } = exchange
  if (clientFlaw(query.get('appkey'), query.get('appsecret')) !== undefined) {
    return failClassic(state, exchange, 40089)
  }
  const token = renewed(state)
  give(state, exchange, token, fault, expires_in => ({
    errcode: 0,
    access_token: token.text,
    errmsg: 'ok',
    expires_in,
  }))
}

function answerCurrent(state: PlatformState, exchange: Exchange, fault: PlatformFault | undefined): void {
  if (fault === 'busy') return failCurrent(state, exchange, 'ServiceUnavailable', '系统繁忙', 503)
  if (fault === 'limit')
    return failCurrent(state, exchange, 'Forbidden.AccessDenied.QpsLimitForApi', '调用频率超限', 403)
  const { appKey, appSecret } = exchange.json
  if (clientFlaw(appKey, appSecret) !== undefined) {
    return failCurrent(state, exchange, 'invalidClientIdOrSecret', '无效的clientId或者clientSecret', 400)
  }
  const token = renewed(state)
  give(state, exchange, token, fault, expireIn => ({ accessToken: token.text, expireIn }))
}

/** The token that lives, with a new life; a new one where there is none. */
function renewed(state: PlatformState): PlatformToken {
  const held = state.latest(FAMILY)
  return held === undefined ? state.issue(FAMILY, '') : state.prolong(held)
}

function answerCurrentApi(state: PlatformState, exchange: Exchange): void {
  const text = String(exchange.headers['x-acs-dingtalk-access-token'] ?? '')
  if (state.flawOf(text, [FAMILY]) === undefined) return say(state, exchange, 'ok', { result: {} })
  failCurrent(state, exchange, 'InvalidAuthentication', '不合法的access_token', 400)
}

function failClassic(state: PlatformState, exchange: Exchange, code: number): void {
  say(state, exchange, String(code), { errcode: code, errmsg: MESSAGES[code] ?? 'error' })
}

function failCurrent(
  state: PlatformState,
  exchange: Exchange,
  code: string,
  message: string,
  status: number,
): void {
  const requestid = '00000000-0000-0000-0000-000000000000'
  say(state, exchange, code, { code, requestid, message }, status)
}
