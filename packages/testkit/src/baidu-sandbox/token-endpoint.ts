import { toBase64, utf8Bytes } from '@evergrant/core'
import { type Exchange, platformJson } from './http-exchange.ts'
import type { TokenFamily } from './refresh-tokens.ts'
import { type Refusal, refusal, refuse, sayPage } from './refusal.ts'
import type { SandboxApp, TokenFault } from './sandbox-options.ts'
import type { SandboxState } from './sandbox-state.ts'
import type { UserGrant } from './user-grants.ts'

const PATH = '/oauth/2.0/token'

/** Whether a path is the token endpoint, or so nearly that the platform answers with a page. */
export function isTokenPath(path: string): boolean {
  return path.startsWith(PATH)
}

/** The token endpoint: parameters in the query or the form, the form first. */
export async function answerToken(state: SandboxState, exchange: Exchange): Promise<void> {
  state.tokenRequests += 1
  await latency(state)
  if (exchange.path !== PATH) {
    state.note(exchange.path, '', 'page')
    return sayPage(exchange, 200)
  }
  const fault = state.nextTokenFault()
  if (fault !== undefined && fault !== 'lost_answer' && fault !== 'no_expires_in') {
    state.noteFailedRefresh(parameterOf(exchange, 'refresh_token'))
    state.note(PATH, '', fault)
    return misbehave(exchange, fault)
  }
  const result = grantOf(state, exchange)
  if ('error' in result) {
    state.note(PATH, '', result.error)
    return refuse(exchange, result)
  }
  issue(state, exchange, result, fault)
}

export async function latency({ latencyMs }: SandboxState): Promise<void> {
  if (latencyMs > 0) await new Promise(resolve => setTimeout(resolve, latencyMs))
}

interface Granted {
  readonly family: TokenFamily
  /** The refresh token that takes the place of another. Absent: a family begins. */
  readonly successor?: string
  readonly again?: boolean
}

type GrantTypeAnswer = (
  state: SandboxState,
  app: SandboxApp,
  parameter: (name: string) => string,
) => Granted | Refusal

const GRANT_TYPES: ReadonlyMap<string, GrantTypeAnswer> = new Map<string, GrantTypeAnswer>([
  ['client_credentials', (_state, app) => ({ family: { app, grant: undefined } })],
  ['refresh_token', refreshed],
  [
    'authorization_code',
    (state, app, parameter) =>
      granted(app, state.users.redeem(app, parameter('code'), parameter('redirect_uri'))),
  ],
  ['device_token', (state, app, parameter) => granted(app, state.users.poll(app, parameter('code')))],
])

function grantOf(state: SandboxState, exchange: Exchange): Granted | Refusal {
  const parameter = (name: string) => parameterOf(exchange, name)
  const type = parameter('grant_type')
  if (type === '')
    return refusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported')
  const answer = GRANT_TYPES.get(type)
  if (answer === undefined) return refusal(404, 'not_found', '')
  const app = authenticated(state, parameter('client_id'), parameter('client_secret'))
  if (!('error' in app)) return answer(state, app, parameter)
  state.noteFailedRefresh(parameter('refresh_token'))
  return app
}

function authenticated(state: SandboxState, id: string, secret: string): SandboxApp | Refusal {
  if (id === '' || secret === '') {
    return refusal(400, 'invalid_request', 'The request is missing a required parameter')
  }
  const app = state.apps.find(({ apiKey }) => apiKey === id)
  if (app === undefined) return refusal(401, 'invalid_client', 'unknown client id')
  return app.secretKey === secret ? app : refusal(401, 'invalid_client', 'Client authentication failed')
}

function refreshed(
  state: SandboxState,
  app: SandboxApp,
  parameter: (name: string) => string,
): Granted | Refusal {
  const rotation = state.rotate(parameter('refresh_token'))
  if (rotation === 'used') return refusal(400, 'expired_token', 'refresh token has been used')
  return rotation?.family.app === app ? rotation : refusal(400, 'invalid_request', 'invalid refresh token')
}

function granted(app: SandboxApp, answer: UserGrant | Refusal): Granted | Refusal {
  return 'error' in answer ? answer : { family: { app, grant: answer } }
}

function parameterOf({ form, query }: Exchange, name: string): string {
  return form.get(name) ?? query.get(name) ?? ''
}

function issue(
  state: SandboxState,
  exchange: Exchange,
  { family, successor, again = false }: Granted,
  fault: TokenFault | undefined,
): void {
  const { app, grant } = family
  const { access, refreshToken } = state.issue(family, successor)
  state.note(PATH, app.appId, fault ?? (again ? 'token_again' : 'token'))
  if (fault === 'lost_answer') return exchange.reset()
  exchange.reply(
    200,
    platformJson({
      access_token: access.text,
      session_key: `9mzd${toBase64(utf8Bytes(state.hex(64))).slice(0, 92)}==`,
      scope: grant?.scope ?? app.scope,
      refresh_token: refreshToken,
      session_secret: state.hex(32),
      ...(fault === 'no_expires_in' ? {} : { expires_in: state.lifetimeSeconds }),
    }),
    { Date: new Date(state.now).toUTCString() },
  )
}

export function misbehave(
  exchange: Exchange,
  fault: Exclude<TokenFault, 'lost_answer' | 'no_expires_in'>,
): void {
  switch (fault) {
    case 'reset':
      return exchange.reset()
    case 'silence':
      return
    case 'html_503':
      return sayPage(exchange, 503)
    case 'json_503':
      return exchange.reply(
        503,
        platformJson({ error_description: 'busy', error: 'temporarily_unavailable' }),
      )
    case 'html_200':
      return sayPage(exchange, 200)
    case 'empty_object':
      return exchange.reply(200, '{}\n')
    case 'security_policy':
      return exchange.reply(
        400,
        platformJson({ error_description: 'Please try again later', error: 'Trigger security policy' }),
      )
    case 'gateway_403':
      return exchange.reply(403, '', {
        'X-Bce-Error-Code': 'IamSignatureInvalid',
        'X-Bce-Error-Message': 'IamSignatureInvalid, cause: Could not find credential.',
        'X-Bce-Request-Id': '00000000-0000-0000-0000-000000000000',
      })
  }
}
