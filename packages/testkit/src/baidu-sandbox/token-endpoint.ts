import { toBase64, utf8Bytes } from '@evergrant/core'
import { type Exchange, platformJson } from './http-exchange.ts'
import type { SandboxApp, TokenFault } from './sandbox-options.ts'
import type { SandboxState } from './sandbox-state.ts'

const PATH = '/oauth/2.0/token'
const PAGE = '<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry</body></html>\n'
const HTML = { 'Content-Type': 'text/html' }

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
    return exchange.reply(200, PAGE, HTML)
  }
  const fault = state.nextTokenFault()
  if (fault !== undefined && fault !== 'lost_answer' && fault !== 'no_expires_in') {
    state.note(PATH, '', fault)
    return misbehave(exchange, fault)
  }
  const result = grant(state, exchange)
  if ('error' in result) {
    state.note(PATH, '', result.error)
    return refuse(exchange, result)
  }
  issue(state, exchange, result.app, fault)
}

export async function latency({ latencyMs }: SandboxState): Promise<void> {
  if (latencyMs > 0) await new Promise(resolve => setTimeout(resolve, latencyMs))
}

interface Refusal {
  readonly status: number
  readonly error: string
  readonly description: string
}

function grant(state: SandboxState, { query, form }: Exchange): { app: SandboxApp } | Refusal {
  const parameter = (name: string) => form.get(name) ?? query.get(name) ?? ''
  const type = parameter('grant_type')
  if (type === '')
    return refusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported')
  if (type !== 'client_credentials' && type !== 'refresh_token') return refusal(404, 'not_found', '')
  const id = parameter('client_id')
  const secret = parameter('client_secret')
  if (id === '' || secret === '') {
    return refusal(400, 'invalid_request', 'The request is missing a required parameter')
  }
  const app = state.apps.find(({ apiKey }) => apiKey === id)
  if (app === undefined) return refusal(401, 'invalid_client', 'unknown client id')
  if (app.secretKey !== secret) return refusal(401, 'invalid_client', 'Client authentication failed')
  if (type === 'client_credentials') return { app }
  const owner = state.spend(parameter('refresh_token'))
  if (owner === 'used') return refusal(400, 'expired_token', 'refresh token has been used')
  return owner === app ? { app } : refusal(400, 'invalid_request', 'invalid refresh token')
}

function refusal(status: number, error: string, description: string): Refusal {
  return { status, error, description }
}

function refuse(exchange: Exchange, { status, error, description }: Refusal): void {
  if (status === 404) exchange.reply(404, PAGE, HTML)
  else exchange.reply(status, platformJson({ error_description: description, error }))
}

function issue(
  state: SandboxState,
  exchange: Exchange,
  app: SandboxApp,
  fault: TokenFault | undefined,
): void {
  const { access, refreshToken } = state.issue(app)
  state.note(PATH, app.appId, fault ?? 'token')
  if (fault === 'lost_answer') return exchange.reset()
  exchange.reply(
    200,
    platformJson({
      access_token: access.text,
      session_key: `9mzd${toBase64(utf8Bytes(state.hex(64))).slice(0, 92)}==`,
      scope: app.scope,
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
      return exchange.reply(503, PAGE, HTML)
    case 'json_503':
      return exchange.reply(
        503,
        platformJson({ error_description: 'busy', error: 'temporarily_unavailable' }),
      )
    case 'html_200':
      return exchange.reply(200, PAGE, HTML)
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
