import { type Exchange, platformJson } from './http-exchange.ts'
import { refusal, refuse, sayPage } from './refusal.ts'
import type { IssuedToken, SandboxState } from './sandbox-state.ts'
import { DEVICE_INTERVAL_SECONDS, DEVICE_LIFETIME_SECONDS } from './user-grants.ts'

type Endpoint = (state: SandboxState, exchange: Exchange) => string

/** What users and their grants have endpoints for. Each returns what came of the request. */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/oauth/2.0/authorize', authorize],
  ['/oauth/2.0/device/code', beginDevice],
  ['/oauth/2.0/tokeninfo', tellToken],
  ['/rest/2.0/passport/users/getInfo', tellUser],
  ['/rest/2.0/passport/auth/revokeAuthorization', revokeAuthorization],
  ['/rest/2.0/passport/auth/expireSession', expireSession],
])

/** Answers what is about users; `false` for any other request. */
export function answerUser(state: SandboxState, exchange: Exchange): boolean {
  const endpoint = ENDPOINTS.get(exchange.path)
  if (endpoint === undefined) return false
  state.note(exchange.path, '', endpoint(state, exchange))
  return true
}

/** The user is asked, and answers at once. What is wrong with the request itself is shown, and sent nowhere. */
function authorize(state: SandboxState, exchange: Exchange): string {
  const { query } = exchange
  const app = state.apps.find(({ apiKey }) => apiKey === query.get('client_id'))
  const redirectUri = query.get('redirect_uri') ?? ''
  const isOob = redirectUri === 'oob'
  if (app === undefined || query.get('response_type') !== 'code' || !(isOob || URL.canParse(redirectUri))) {
    sayPage(exchange, 400)
    return 'page'
  }
  const answer: Record<string, string> = state.consents
    ? { code: state.users.code(app, redirectUri, query.get('scope') ?? '') }
    : { error: 'access_denied' }
  if (isOob) sayPage(exchange, 200, `<!DOCTYPE html><title>${answer.code ?? answer.error}</title>\n`)
  else exchange.reply(302, '', { Location: withParameters(redirectUri, answer, query.get('state')) })
  return state.consents ? 'code' : 'access_denied'
}

function withParameters(uri: string, answer: Readonly<Record<string, string>>, state: string | null): string {
  const url = new URL(uri)
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  if (state !== null) url.searchParams.set('state', state)
  return url.href
}

function beginDevice(state: SandboxState, exchange: Exchange): string {
  const parameter = (name: string) => exchange.query.get(name) ?? exchange.form.get(name) ?? ''
  const app = state.apps.find(({ apiKey }) => apiKey === parameter('client_id'))
  if (app === undefined) return refused(exchange, 401, 'invalid_client', 'unknown client id')
  if (parameter('response_type') !== 'device_code') {
    return refused(exchange, 400, 'unsupported_response_type', 'The response type is not supported')
  }
  const { deviceCode, userCode } = state.users.device(app, parameter('scope'))
  exchange.reply(
    200,
    platformJson({
      device_code: deviceCode,
      user_code: userCode,
      verification_url: 'https://openapi.baidu.com/device',
      qrcode_url: `https://openapi.baidu.com/device/qrcode/${deviceCode}/${userCode}`,
      expires_in: DEVICE_LIFETIME_SECONDS,
      interval: DEVICE_INTERVAL_SECONDS,
    }),
  )
  return 'device'
}

function tellToken(state: SandboxState, exchange: Exchange): string {
  const token = tokenOf(state, exchange)
  if (token === undefined) {
    return refused(exchange, 400, 'invalid_grant', `Invalid Access Token: ${textOf(exchange)}`)
  }
  const { issuedAt, expiresAt } = token
  const { app, grant } = token.family
  exchange.reply(
    200,
    platformJson({
      client_id: app.apiKey,
      userid: grant?.userId ?? '0',
      scope: grant?.scope ?? app.scope,
      create_time: Math.floor(issuedAt / 1_000),
      expire_in: Math.floor((expiresAt - state.now) / 1_000),
    }),
  )
  return 'ok'
}

function tellUser(state: SandboxState, exchange: Exchange): string {
  const grant = tokenOf(state, exchange)?.family.grant
  if (grant === undefined) return invalidToken(exchange)
  exchange.reply(200, platformJson({ userid: grant.userId, username: 'sandbox user', openid: 'sandbox' }))
  return 'ok'
}

/** Ends the whole grant: neither its tokens nor its refresh tokens are good for anything. */
function revokeAuthorization(state: SandboxState, exchange: Exchange): string {
  const token = tokenOf(state, exchange)
  if (token === undefined) return invalidToken(exchange)
  const { grant } = token.family
  if (grant === undefined) token.revoked = true
  else state.endGrant(grant)
  exchange.reply(200, platformJson({ result: 1 }))
  return 'revoked'
}

/** Ends this token, and the session of its user; the grant can be renewed. */
function expireSession(state: SandboxState, exchange: Exchange): string {
  const token = tokenOf(state, exchange)
  if (token === undefined) return invalidToken(exchange)
  token.revoked = true
  exchange.reply(200, platformJson({ result: 1 }))
  return 'expired'
}

function textOf({ query, form }: Exchange): string {
  return form.get('access_token') ?? query.get('access_token') ?? ''
}

function tokenOf(state: SandboxState, exchange: Exchange): IssuedToken | undefined {
  const token = state.token(textOf(exchange), 'access_token')
  return token === undefined || token.revoked || token.expiresAt <= state.now ? undefined : token
}

/** The classic answer, whose code is text and whose status means something. */
function invalidToken(exchange: Exchange): string {
  const error_msg = 'Access token invalid or no longer valid'
  exchange.reply(401, platformJson({ error_code: '110', error_msg }))
  return '110'
}

function refused(exchange: Exchange, status: number, error: string, description: string): string {
  refuse(exchange, refusal(status, error, description))
  return error
}
