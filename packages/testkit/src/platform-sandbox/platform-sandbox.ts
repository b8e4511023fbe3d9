import { createServer } from 'node:http'
import { type Exchange, readExchange } from '../baidu-sandbox/http-exchange.ts'
import { isNamedHere, type ListenOptions, listenFor } from '../listening.ts'
import { ADMIN_PATH, answerAdmin } from '../sandbox-admin.ts'
import { dingtalkMode } from './dingtalk-mode.ts'
import { feishuMode } from './feishu-mode.ts'
import { PLATFORM_ADMIN } from './platform-admin.ts'
import { PLATFORM_APP } from './platform-app.ts'
import type { PlatformMode } from './platform-mode.ts'
import type { PlatformFault, PlatformRequest, PlatformSandboxOptions } from './platform-options.ts'
import { PlatformState } from './platform-state.ts'
import { wechatMode } from './wechat-mode.ts'
import { wecomMode } from './wecom-mode.ts'

export type PlatformName = 'wechat' | 'wecom' | 'feishu' | 'dingtalk'

const MODES = {
  wechat: wechatMode,
  wecom: wecomMode,
  feishu: feishuMode,
  dingtalk: dingtalkMode,
} satisfies Record<PlatformName, unknown>

/** A running sandbox of one platform. */
export interface PlatformSandbox {
  /** `http://127.0.0.1:<port>`, or with the host that was named. */
  readonly url: string
  /** The only application. */
  readonly app: { readonly id: string; readonly secret: string }
  /** Token requests and API calls, failed ones included; tokens given, those given again not counted. */
  readonly counts: {
    readonly tokenRequests: number
    readonly tokensIssued: number
    readonly apiCalls: number
  }
  /** The last requests, without secrets. */
  readonly requests: readonly PlatformRequest[]
  /** Connections that were closed unread, because nobody allows them. */
  readonly refused: number
  /** Epoch ms by the sandbox's clock. */
  readonly now: number
  /** Moves the sandbox's clock. */
  advance(ms: number): void
  /** Ends all tokens, as platforms do for reasons of their own; returns how many were alive. */
  revoke(): number
  /** Lets the token endpoint misbehave, once or as often as said. */
  fault(fault: PlatformFault, times?: number): void
  close(): Promise<void>
}

/**
 * Starts a stand-in for a platform on loopback: its token endpoints and one API, with its words, codes and statuses, and
 * with what a token request does there to the tokens before it. It is controlled by calls or over HTTP (`/sandbox/…`).
 */
export async function platformSandbox(
  name: PlatformName,
  options: PlatformSandboxOptions = {},
): Promise<PlatformSandbox> {
  const mode: PlatformMode = MODES[name]
  const state = new PlatformState(options)
  const server = createServer((request, response) => {
    readExchange(request, response)
      .then(exchange => answer(mode, state, options, exchange))
      .catch(() => request.socket.destroy())
  })
  const listening = await listenFor(server, options)
  return {
    url: listening.url,
    app: PLATFORM_APP,
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
    revoke: () => state.revoke(),
    fault: (fault, times = 1) => state.fault(fault, times),
    close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

async function answer(
  mode: PlatformMode,
  state: PlatformState,
  listening: ListenOptions,
  exchange: Exchange,
): Promise<void> {
  if (!isNamedHere(exchange.headers.host, listening)) {
    return exchange.reply(403, 'for this machine only\n')
  }
  if (exchange.path.startsWith(ADMIN_PATH)) return answerAdmin(PLATFORM_ADMIN, state, exchange)
  if (!mode.isTokenPath(exchange.path)) {
    state.apiCalls += 1
    return mode.answerApi(state, exchange)
  }
  state.tokenRequests += 1
  const { latencyMs = 0 } = state.options
  if (latencyMs > 0) await new Promise(resolve => setTimeout(resolve, latencyMs))
  mode.answerToken(state, exchange, state.nextFault())
}
