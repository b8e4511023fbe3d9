import { bearerOf, ownerOfBearer } from './caller.ts'
import type { Exchange } from './http-exchange.ts'
import type { SandboxApp, TokenFault } from './sandbox-options.ts'
import type { SandboxState } from './sandbox-state.ts'
import { type SignatureFlaw, signerOf } from './signature.ts'
import { latency, misbehave } from './token-endpoint.ts'

/** Where Access Keys are exchanged for short-lived bearer keys, at the host `iam.bj.baidubce.com`. */
export const BEARER_PATH = '/v1/BCE-BEARER/token'

const SECONDS_DEFAULT = 1_800
const SECONDS_MIN = 300
const SECONDS_MAX = 2_592_000

type Flaw = SignatureFlaw | 'AccessDenied' | 'InvalidParameter'

const FLAWS: Readonly<Record<Flaw, readonly [status: number, message: string]>> = {
  AccessDenied: [403, 'Access denied.'],
  InvalidAccessKeyId: [403, 'The Access Key ID you provided does not exist in our records.'],
  InvalidHTTPAuthHeader: [400, 'The HTTP authorization header is invalid.'],
  InvalidParameter: [400, 'expireInSeconds is out of its range.'],
  RequestExpired: [400, 'Request has expired.'],
  SignatureDoesNotMatch: [
    400,
    'The request signature we calculated does not match the signature you provided.',
  ],
}

/** The exchange: a GET that is signed, or carries a long-lived API Key as a bearer. */
export async function answerExchange(state: SandboxState, exchange: Exchange): Promise<void> {
  state.tokenRequests += 1
  await latency(state)
  const fault = state.nextTokenFault()
  if (fault !== undefined && fault !== 'lost_answer' && fault !== 'no_expires_in') {
    state.note(BEARER_PATH, '', fault)
    return misbehave(exchange, fault)
  }
  const caller = authenticated(state, exchange)
  const seconds = Number(exchange.query.get('expireInSeconds') ?? SECONDS_DEFAULT)
  if (typeof caller === 'string') return refuse(state, exchange, caller)
  if (!Number.isInteger(seconds) || seconds < SECONDS_MIN || seconds > SECONDS_MAX) {
    return refuse(state, exchange, 'InvalidParameter')
  }
  issue(state, exchange, caller, seconds, fault)
}

function authenticated(state: SandboxState, exchange: Exchange): SandboxApp | Flaw {
  const { authorization = '' } = exchange.headers
  if (authorization === '') return 'AccessDenied'
  const bearer = bearerOf(authorization)
  if (bearer === undefined) return signerOf(state, exchange)
  return ownerOfBearer(state, bearer) ?? 'AccessDenied'
}

function refuse(state: SandboxState, exchange: Exchange, code: Flaw): void {
  const [status, message] = FLAWS[code]
  state.note(BEARER_PATH, '', code)
  exchange.reply(status, JSON.stringify({ code, message, requestId: state.hex(32) }))
}

function issue(
  state: SandboxState,
  exchange: Exchange,
  app: SandboxApp,
  seconds: number,
  fault: TokenFault | undefined,
): void {
  const { text, expiresAt } = state.issueBearerKey(app, seconds)
  state.note(BEARER_PATH, app.appId, fault ?? 'token')
  if (fault === 'lost_answer') return exchange.reset()
  const instants = { createTime: instant(expiresAt - seconds * 1000), expireTime: instant(expiresAt) }
  exchange.reply(
    200,
    JSON.stringify({
      userId: state.hex(32),
      token: text,
      status: 'enable',
      ...(fault === 'no_expires_in' ? {} : instants),
    }),
    { Date: new Date(state.now).toUTCString() },
  )
}

/** An instant as the cloud writes it, to the second. */
function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, -5)}Z`
}
