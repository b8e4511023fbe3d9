import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import type { PlatformMode } from './platform-mode.ts'
import { clientFlaw, give, say } from './platform-reply.ts'
import type { PlatformState } from './platform-state.ts'

const PATH = '/open-apis/auth/v3/tenant_access_token/internal'
/** A token with less than this left is given a successor, and lives on beside it. */
const LAST_MS = 1_800_000

const MESSAGES: Readonly<Record<number, string>> = {
  10003: 'invalid param',
  10014: 'app secret invalid',
  99991400: 'request trigger frequency limit',
  99991661: 'Missing access token for authorization. Please make a request with token attached',
  99991663: 'Invalid access token for authorization. Please make a request with token attached.',
  99991677: 'Authentication token expired',
}

/** Feishu: the same token until its last half hour, then another one beside it. */
export const feishuMode: PlatformMode = {
  isTokenPath: path => path === PATH,
  answerToken(state, exchange, fault) {
    if (fault === 'busy') return exchange.reply(502, 'bad gateway\n', { 'Content-Type': 'text/plain' })
    if (fault === 'limit') return fail(state, exchange, 99991400, 400)
    const { app_id, app_secret } = exchange.json
    const flaw = clientFlaw(app_id, app_secret)
    if (flaw !== undefined) return fail(state, exchange, flaw === 'id' ? 10003 : 10014, 200)
    const held = state.latest(PATH)
    const isYoung = held !== undefined && held.expiresAt - state.now >= LAST_MS
    const token = isYoung ? held : state.issue(PATH, 't-')
    give(state, exchange, token, fault, expire => ({
      code: 0,
      expire,
      msg: 'ok',
      tenant_access_token: token.text,
    }))
  },
  answerApi(state, exchange) {
    const text = /^Bearer (.+)$/.exec(exchange.headers.authorization ?? '')?.[1] ?? ''
    const flaw = state.flawOf(text, [PATH])
    if (flaw === 'missing') return fail(state, exchange, 99991661, 400)
    if (flaw !== undefined) return fail(state, exchange, flaw === 'expired' ? 99991677 : 99991663, 400)
    say(state, exchange, 'ok', { code: 0, data: { bot: { open_id: 'ou_sandbox' } }, msg: 'success' })
  },
}

function fail(state: PlatformState, exchange: Exchange, code: number, status: number): void {
  say(state, exchange, String(code), { code, msg: MESSAGES[code] ?? 'error' }, status)
}
