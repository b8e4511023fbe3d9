import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import { PLATFORM_APP } from './platform-app.ts'
import type { PlatformFault } from './platform-options.ts'
import type { PlatformState, PlatformToken } from './platform-state.ts'

const HEADERS = { Server: 'nginx', 'Content-Type': 'application/json; charset=utf-8' }

/** Answers with JSON and notes what came of it. */
export function say(
  state: PlatformState,
  exchange: Exchange,
  outcome: string,
  body: Readonly<Record<string, unknown>>,
  status = 200,
): void {
  state.note(exchange.path, outcome)
  exchange.reply(status, JSON.stringify(body), { ...HEADERS, Date: new Date(state.now).toUTCString() })
}

/** What is wrong with id and secret; `undefined` when nothing is. */
export function clientFlaw(id: unknown, secret: unknown): 'id' | 'secret' | undefined {
  if (id !== PLATFORM_APP.id) return 'id'
  return secret === PLATFORM_APP.secret ? undefined : 'secret'
}

/** Tells a token, unless its answer is to get lost. */
export function give(
  state: PlatformState,
  exchange: Exchange,
  token: PlatformToken,
  fault: PlatformFault | undefined,
  body: (secondsLeft: number) => Readonly<Record<string, unknown>>,
): void {
  if (fault === 'lost_answer') {
    state.note(exchange.path, fault)
    return exchange.reset()
  }
  const { tellsFullLife = false, lifetimeSeconds = 7_200 } = state.options
  say(state, exchange, 'token', body(tellsFullLife ? lifetimeSeconds : state.secondsLeft(token)))
}
