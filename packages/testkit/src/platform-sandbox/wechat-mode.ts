import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import type { PlatformMode } from './platform-mode.ts'
import type { PlatformFault } from './platform-options.ts'
import { clientFlaw, give, say } from './platform-reply.ts'
import type { PlatformState, PlatformToken } from './platform-state.ts'

/** How long a token lives on once it was replaced, and how long before its end the stable kind is replaced. */
const OVERLAP_MS = 300_000
const FORCED_PER_DAY_MAX = 20
const FORCED_APART_MS = 30_000
const DAY_MS = 86_400_000

const CLASSIC = '/cgi-bin/token'
const STABLE = '/cgi-bin/stable_token'

const MESSAGES: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40013: 'invalid appid',
  40125: 'invalid appsecret',
  41001: 'access_token missing',
  42001: 'access_token expired',
  43002: 'require POST method',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
}

/** WeChat: two kinds of tokens that know nothing of each other. */
export const wechatMode: PlatformMode = {
  isTokenPath: path => path === CLASSIC || path === STABLE,
  answerToken(state, exchange, fault) {
    if (fault === 'busy' || fault === 'limit') return fail(state, exchange, fault === 'busy' ? -1 : 45011)
    if (exchange.path === CLASSIC) answerClassic(state, exchange, fault)
    else answerStable(state, exchange, fault)
  },
  answerApi(state, exchange) {
    const flaw = state.flawOf(exchange.query.get('access_token') ?? '', [CLASSIC, STABLE])
    if (flaw === 'missing') return fail(state, exchange, 41001)
    if (flaw !== undefined) return fail(state, exchange, flaw === 'expired' ? 42001 : 40001)
    say(state, exchange, 'ok', { ip_list: ['127.0.0.1'] })
  },
}

/** Every request gives another token, and lets the ones before it live five minutes longer. */
function answerClassic(state: PlatformState, exchange: Exchange, fault: PlatformFault | undefined): void {
  const { query } = exchange
  const refusal = refusalOf(query.get('grant_type'), query.get('appid'), query.get('secret'))
  if (refusal !== undefined) return fail(state, exchange, refusal)
  state.endAll(CLASSIC, OVERLAP_MS)
  tell(state, exchange, state.issue(CLASSIC, '77_'), fault)
}

/** The same token until its last five minutes, then another one beside it; a forced one ends it at once. */
function answerStable(state: PlatformState, exchange: Exchange, fault: PlatformFault | undefined): void {
  if (exchange.method !== 'POST') return fail(state, exchange, 43002)
  const { grant_type, appid, secret, force_refresh } = exchange.json
  const refusal = refusalOf(grant_type, appid, secret)
  if (refusal !== undefined) return fail(state, exchange, refusal)
  const held = state.latest(STABLE)
  if (force_refresh === true && mayForce(state)) {
    state.endAll(STABLE, 0)
    state.note(exchange.path, 'forced')
    return tell(state, exchange, state.issue(STABLE, '78_'), fault)
  }
  const isYoung = held !== undefined && held.expiresAt - state.now > OVERLAP_MS
  tell(state, exchange, isYoung ? held : state.issue(STABLE, '78_'), fault)
}

/** Twenty a day, 30 seconds apart; others are answered as if nothing had been forced. */
function mayForce({ requests, now }: PlatformState): boolean {
  const forced = requests.filter(({ outcome, at }) => outcome === 'forced' && at > now - DAY_MS)
  return forced.length < FORCED_PER_DAY_MAX && !forced.some(({ at }) => at > now - FORCED_APART_MS)
}

function refusalOf(grantType: unknown, id: unknown, secret: unknown): number | undefined {
  if (grantType !== 'client_credential') return 40002
  const flaw = clientFlaw(id, secret)
  return flaw === undefined ? undefined : flaw === 'id' ? 40013 : 40125
}

function tell(
  state: PlatformState,
  exchange: Exchange,
  token: PlatformToken,
  fault: PlatformFault | undefined,
): void {
  give(state, exchange, token, fault, expires_in => ({ access_token: token.text, expires_in }))
}

function fail(state: PlatformState, exchange: Exchange, code: number): void {
  const errmsg = `${MESSAGES[code] ?? 'error'} rid: 00000000-00000000-00000000`
  say(state, exchange, String(code), { errcode: code, errmsg })
}
