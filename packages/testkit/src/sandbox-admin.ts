import type { Exchange } from './baidu-sandbox/http-exchange.ts'

/** Where a sandbox is controlled over HTTP. */
export const ADMIN_PATH = '/sandbox/'

/** The members of a JSON object, unchecked. */
export type Members = Readonly<Record<string, unknown>>

/** What a sandbox can be told, by the last part of the path. */
export interface SandboxAdmin<State> {
  /** What can be read of it, without secrets. */
  readonly describe: (state: State) => Members
  /** Each returns what is wrong with its request, or nothing when it was done. */
  readonly verbs: ReadonlyMap<string, (state: State, members: Members) => string | undefined>
}

/** Answers a request to control a sandbox: `GET state`, or a POST of a JSON object to one of its verbs. */
export function answerAdmin<State>(
  { describe, verbs }: SandboxAdmin<State>,
  state: State,
  exchange: Exchange,
): void {
  const verb = exchange.path.slice(ADMIN_PATH.length)
  if (verb === 'state') return reply(exchange, 200, describe(state))
  if (exchange.method !== 'POST') return reply(exchange, 405, { problem: `POST to ${exchange.path}` })
  const act = verbs.get(verb)
  if (act === undefined) {
    return reply(exchange, 404, { problem: `no such control: ${verb}`, known: ['state', ...verbs.keys()] })
  }
  const problem = act(state, exchange.json)
  if (problem === undefined) reply(exchange, 200, describe(state))
  else reply(exchange, 400, { problem })
}

/** Moves the clock of a sandbox; returns what is wrong with the request. */
export function moveClock(state: { advance(ms: number): void }, { advanceMs }: Members): string | undefined {
  if (typeof advanceMs !== 'number' || !Number.isFinite(advanceMs)) return 'advanceMs must be a number'
  state.advance(advanceMs)
  return undefined
}

function reply(exchange: Exchange, status: number, body: unknown): void {
  exchange.reply(status, `${JSON.stringify(body, null, 2)}\n`)
}
