import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isNamedHere, type ListenOptions, listenFor } from '../listening.ts'
import { ADMIN_PATH, answerAdmin } from '../sandbox-admin.ts'
import { BAIDU_ADMIN } from './admin.ts'
import { answerApi } from './api-endpoints.ts'
import { answerExchange, BEARER_PATH } from './bearer-endpoint.ts'
import { readExchange } from './http-exchange.ts'
import type { BaiduSandboxOptions, SandboxApp, SandboxRequest, TokenFault } from './sandbox-options.ts'
import { SandboxState } from './sandbox-state.ts'
import { answerToken, isTokenPath } from './token-endpoint.ts'
import { answerUser } from './user-endpoints.ts'

/** A running sandbox. */
export interface BaiduSandbox {
  /** `http://127.0.0.1:<port>`, or with the host that was named. */
  readonly url: string
  readonly tokenEndpoint: string
  /** Where an Access Key is exchanged for a short-lived bearer key. */
  readonly bearerEndpoint: string
  /** The first application. */
  readonly app: SandboxApp
  /**
   * Requests to the token endpoint and the exchange, failed ones included; tokens and bearer keys issued; API calls,
   * failed ones included.
   */
  readonly counts: {
    readonly tokenRequests: number
    readonly tokensIssued: number
    readonly apiCalls: number
  }
  /** The last requests, without secrets. */
  readonly requests: readonly SandboxRequest[]
  /** Connections that were closed unread, because nobody allows them. */
  readonly refused: number
  /** Epoch ms by the sandbox's clock. */
  readonly now: number
  /** Moves the sandbox's clock. */
  advance(ms: number): void
  /** A user signs in: the refresh token of a new grant to the first application, which works once. */
  signIn(): string
  /** A user decides about a device, by the code that it shows; `false` when none waits with it. */
  decide(userCode: string, approved: boolean): boolean
  /** Revokes an access token or bearer key, or all that were issued; returns how many were alive. */
  revoke(token?: string): number
  /** Lets the token endpoint and the exchange misbehave, once or as often as said. */
  fault(fault: TokenFault, times?: number): void
  /** Lets the APIs answer with an error code, once or as often as said. */
  faultApi(code: number, times?: number): void
  clearFaults(): void
  /**
   * Changes the lifetime of tokens to come, the calls allowed per second, the latency of token answers, or what users
   * answer who are asked to sign in.
   */
  set(settings: {
    readonly lifetimeSeconds?: number
    readonly qps?: number
    readonly latencyMs?: number
    readonly consents?: boolean
  }): void
  close(): Promise<void>
}

/**
 * Starts a stand-in for the Baidu AI Open Platform on loopback: the token endpoint of both hosts with its exact
 * bodies, headers and statuses, the exchange of Access Keys for bearer keys, a few AI endpoints for all three schemes,
 * revocation, limits, a clock that can be moved, and faults on demand, by calls or over HTTP (`/sandbox/…`).
 */
export async function baiduSandbox(options: BaiduSandboxOptions = {}): Promise<BaiduSandbox> {
  const state = new SandboxState(options)
  const server = createServer((request, response) => {
    answer(state, options, request, response).catch(() => request.socket.destroy())
  })
  const listening = await listenFor(server, options)
  const { url } = listening
  const [app] = state.apps
  if (app === undefined) throw new RangeError('a sandbox needs an application')
  return {
    url,
    tokenEndpoint: `${url}/oauth/2.0/token`,
    bearerEndpoint: url + BEARER_PATH,
    app,
    get counts() {
      const { tokenRequests, tokensIssued, apiCalls } = state
      return { tokenRequests, tokensIssued, apiCalls }
    },
    requests: state.requests,
    get refused() {
      return listening.refused
    },
    get now() {
      return state.now
    },
    advance: ms => state.advance(ms),
    signIn: () => state.issue({ app, grant: undefined }).refreshToken,
    decide: (userCode, approved) => state.users.decide(userCode, approved),
    revoke: token => state.revoke(token),
    fault: (fault, times = 1) => state.faultTokens(fault, times),
    faultApi: (code, times = 1) => state.faultApi(code, times),
    clearFaults: () => state.clearFaults(),
    set: settings => {
      Object.assign(state, settings)
    },
    close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

/** The names that it stands in for: a client that signs its requests names the host that it means. */
const PLATFORM_HOST = /^((aip|qianfan|iam\.bj)\.baidubce|(vop|tsn|openapi)\.baidu)\.com$/

async function answer(
  state: SandboxState,
  listening: ListenOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = await readExchange(request, response)
  const { host = '' } = request.headers
  if (!isNamedHere(host, listening) && !PLATFORM_HOST.test(host)) {
    return exchange.reply(403, 'for this machine only\n')
  }
  if (exchange.path.startsWith(ADMIN_PATH)) answerAdmin(BAIDU_ADMIN, state, exchange)
  else if (exchange.path === BEARER_PATH) await answerExchange(state, exchange)
  else if (answerUser(state, exchange)) return
  else if (isTokenPath(exchange.path)) await answerToken(state, exchange)
  else answerApi(state, exchange)
}
