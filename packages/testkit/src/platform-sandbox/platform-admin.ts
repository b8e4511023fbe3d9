import type { Exchange } from '../baidu-sandbox/http-exchange.ts'
import { PLATFORM_FAULTS, type PlatformFault } from './platform-options.ts'
import type { PlatformState } from './platform-state.ts'

/** Where the sandbox is controlled over HTTP. */
export const ADMIN_PATH = '/sandbox/'

/**
 * Control over HTTP, for other processes and for people with curl. All but `state` are POSTs with a JSON body.
 *
 * - `GET /sandbox/state`: counts and the last requests.
 * - `/sandbox/clock` `{ "advanceMs": 1000 }`
 * - `/sandbox/revoke` `{}`: ends all tokens.
 * - `/sandbox/fault` `{ "fault": "busy", "times": 3 }` for the token endpoint.
 */
export function answerAdmin(state: PlatformState, exchange: Exchange): void {
  const verb = exchange.path.slice(ADMIN_PATH.length)
  if (verb === 'state') return reply(exchange, 200, describeState(state))
  if (exchange.method !== 'POST') return reply(exchange, 405, { problem: `POST to ${exchange.path}` })
  const act = VERBS.get(verb)
  if (act === undefined) {
    return reply(exchange, 404, { problem: `no such control: ${verb}`, known: ['state', ...VERBS.keys()] })
  }
  const problem = act(state, exchange.json)
  if (problem === undefined) reply(exchange, 200, describeState(state))
  else reply(exchange, 400, { problem })
}

type Members = Readonly<Record<string, unknown>>

/** Each returns what is wrong with its request, or nothing when it was done. */
const VERBS: ReadonlyMap<string, (state: PlatformState, members: Members) => string | undefined> = new Map([
  ['clock', moveClock],
  ['revoke', revoke],
  ['fault', injectFault],
])

function moveClock(state: PlatformState, { advanceMs }: Members): string | undefined {
  if (typeof advanceMs !== 'number' || !Number.isFinite(advanceMs)) return 'advanceMs must be a number'
  state.advance(advanceMs)
  return undefined
}

function revoke(state: PlatformState): undefined {
  state.revoke()
}

function injectFault(state: PlatformState, { fault, times = 1 }: Members): string | undefined {
  if (typeof times !== 'number' || !(times >= 1 && times <= 1_000)) return 'times must be from 1 to 1,000'
  if (!PLATFORM_FAULTS.includes(fault as PlatformFault)) {
    return `fault must be one of ${PLATFORM_FAULTS.join(', ')}`
  }
  state.fault(fault as PlatformFault, times)
  return undefined
}

function describeState({ now, tokenRequests, tokensIssued, apiCalls, requests }: PlatformState): Members {
  return { now, tokenRequests, tokensIssued, apiCalls, requests: requests.slice(-50) }
}

function reply(exchange: Exchange, status: number, body: unknown): void {
  exchange.reply(status, `${JSON.stringify(body, null, 2)}\n`)
}
