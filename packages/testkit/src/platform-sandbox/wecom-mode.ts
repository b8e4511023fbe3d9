import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import type { PlatformMode } from './platform-mode.ts'
import { clientFlaw, give, say } from './platform-reply.ts'
import type { PlatformState } from './platform-state.ts'

const PATH = '/cgi-bin/gettoken'

const MESSAGES: Readonly<Record<number, string>> = {
  [-1]: 'system busy',
  40001: 'invalid credential',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  41001: 'access_token missing',
  45009: 'api freq out of limit',
}

/** WeCom: the same token to whoever asks while it lives. Tokens that have expired are answered with 40014. */
export const wecomMode: PlatformMode = {
  isTokenPath: path => path === PATH,
  answerToken(state, exchange, fault) {
    if (fault === 'busy' || fault === 'limit') return fail(state, exchange, fault === 'busy' ? -1 : 45009)
    const { query } = exchange
    const flaw = clientFlaw(query.get('corpid'), query.get('corpsecret'))
    if (flaw !== undefined) return fail(state, exchange, flaw === 'id' ? 40013 : 40001)
    const token = state.latest(PATH) ?? state.issue(PATH, '')
    give(state, exchange, token, fault, expires_in => ({
      errcode: 0,
      errmsg: 'ok',
      access_token: token.text,
      expires_in,
    }))
  },
  answerApi(state, exchange) {
    const flaw = state.flawOf(exchange.query.get('access_token') ?? '', [PATH])
    if (flaw !== undefined) return fail(state, exchange, flaw === 'missing' ? 41001 : 40014)
    say(state, exchange, 'ok', { errcode: 0, errmsg: 'ok', ip_list: ['127.0.0.1'] })
  },
}

function fail(state: PlatformState, exchange: Exchange, code: number): void {
  const errmsg = `${MESSAGES[code] ?? 'error'}, hint: [sandbox], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=${code}`
  say(state, exchange, String(code), { errcode: code, errmsg })
}
