import { setTimeout as pause } from 'node:timers/promises'
import { type Clock, fingerprintOf } from '@evergrant/core'
import { bearerApi, type RequestSigner, type ResourceServer } from '@evergrant/core/calls'
import { baidu } from '@evergrant/provider-baidu'
import { baiduApi, baiduApiKey, baiduBearer } from '@evergrant/provider-baidu/calls'
import { EvergrantError, oauthProvider, Token, tokenSource } from '@evergrant/runtime'
import { authorizedFetch, type CallEvent } from '@evergrant/runtime/calls'
import { scriptedTransport, virtualClock } from '@evergrant/testkit'
import { authorizedDispatcher } from '@evergrant/transport-undici'
import { Agent, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { API_ANSWERS, anyAnswer, TOKEN_ANSWERS, TOKEN_ERRORS } from '../src/any-answer.ts'
import { type Canary, CLIENT_SECRET, leakIn, TOKENS } from '../src/canary.ts'
import { type Dice, diceOf } from '../src/dice.ts'
import { printable, rawServer } from '../src/raw-server.ts'
import { isMixed, PIPELINE_RUNS, seeds } from '../src/runs.ts'
import { told } from '../src/told.ts'

const PATHS = ['/rest/2.0/ocr/v1/general_basic', '/server_api', '/text2audio']
const HANG_MS = 20_000

/** What a promise comes to; an error of its own when it comes to nothing. */
async function outcomeOf(promise: Promise<unknown>): Promise<{ value?: unknown; error?: unknown }> {
  const hang = pause(HANG_MS, 'hang', { ref: false })
  const outcome = await Promise.race([
    promise.then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    ),
    hang,
  ])
  return outcome === 'hang' ? { error: new Error('it hangs') } : (outcome as { value?: unknown })
}

/** A clock on which every pause is over at once. */
function hurried(): Clock {
  const clock = virtualClock()
  return {
    now: clock.now,
    wake(at, callback) {
      const cancel = clock.wake(at, callback)
      setImmediate(() => clock.advance(Math.max(0, at - clock.now())).catch(() => undefined))
      return cancel
    },
  }
}

function heldToken({ secret }: Canary): Token {
  const tokens = {
    accessToken: secret,
    tokenType: 'Bearer',
    sentAt: 0,
    expiresAt: 1,
    lifetime: 'finite',
    scope: undefined,
    refreshToken: undefined,
    extra: {},
  } as const
  return new Token({ tokens, generation: 1, fingerprint: fingerprintOf(secret) })
}

function signerOf(token: Canary): RequestSigner {
  return token === TOKENS[1] ? baiduApiKey(token.secret) : { sign: async () => [['x-key', token.secret]] }
}

function anyServer(origins: readonly string[], dice: Dice): ResourceServer {
  const servers = [baiduApi({ origins }), baiduApi({ origins, scheme: 'bearer' }), bearerApi({ origins })]
  return dice.pick(servers)
}

/** Where a redirect may lead: here, elsewhere, nowhere. */
function anyLocation(token: Canary, dice: Dice): string {
  const echo = encodeURIComponent(token.secret)
  return dice.pick(['/there', 'https://elsewhere.example/', 'http://[', '', echo, `/x?access_token=${echo}`])
}

function flawOf(error: unknown, canaries: readonly Canary[], seed: number): string | undefined {
  if (error === undefined) return undefined
  if (error instanceof Error && error.message === 'it hangs') return `seed ${seed} hangs`
  if (error instanceof RangeError || error instanceof ReferenceError)
    return `seed ${seed} crashes: ${error.stack}`
  const text = told(error)
  const leak = leakIn(text, canaries)
  if (leak === undefined) return undefined
  const at = text.indexOf(leak)
  return `seed ${seed} leaks: …${text.slice(Math.max(0, at - 200), at + 100)}…`
}

/** A `fetch` that gives answers without a network. */
function anyFetch(token: Canary, dice: Dice): typeof fetch {
  return async () => {
    if (dice.once(30)) throw new TypeError('fetch failed')
    const { status, headers, body } = anyAnswer(API_ANSWERS, token.secret, dice)
    const code = Math.max(200, status)
    const fields = headers.map(([name, value]): [string, string] => [name, printable(value)])
    if (code >= 300 && code < 400) fields.push(['Location', anyLocation(token, dice)])
    const empty = code === 204 || code === 205 || code === 304
    return new Response(empty ? null : body, { status: code, headers: fields })
  }
}

describe('no answer', () => {
  it(`of ${PIPELINE_RUNS} series to authorizedFetch makes it crash, hang or leak`, async () => {
    const counts = { answers: 0, failures: 0 }
    const flaws: string[] = []
    for (const seed of seeds(PIPELINE_RUNS)) {
      const dice = diceOf(seed)
      const token = dice.pick(TOKENS)
      const held = heldToken(token)
      const source = { token: async () => held, reject: () => undefined }
      const events: CallEvent[] = []
      const call = authorizedFetch(
        dice.once(3) ? signerOf(token) : source,
        anyServer(['https://api.example'], dice),
        {
          fetch: anyFetch(token, dice),
          clock: hurried(),
          random: () => dice.whole(1_000) / 1_000,
          retryUnsafe: dice.once(2),
          onEvent: event => events.push(event),
        },
      )
      const init = dice.once(2)
        ? {}
        : { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }
      const { error } = await outcomeOf(call(`https://api.example${dice.pick(PATHS)}`, init))
      counts[error === undefined ? 'answers' : 'failures'] += 1
      flaws.push(...[error, events].flatMap(each => flawOf(each, [token], seed) ?? []))
    }
    expect(flaws.slice(0, 5)).toEqual([])
    expect([counts, isMixed(counts, 1 / 10)]).toEqual([counts, true])
  })

  it(`of ${PIPELINE_RUNS} series to authorizedDispatcher makes it crash, hang or leak`, async () => {
    const counts = { answers: 0, failures: 0 }
    const flaws: string[] = []
    const agent = new Agent({ headersTimeout: 5_000, bodyTimeout: 5_000 })
    const server = await rawServer({ dice: diceOf(0), next: () => ({ status: 200, headers: [], body: '' }) })
    for (const seed of seeds(PIPELINE_RUNS)) {
      const dice = diceOf(seed)
      const token = dice.pick(TOKENS)
      server.answers = { dice, next: () => anyAnswer(API_ANSWERS, token.secret, dice) }
      const held = { accessToken: token.secret }
      const source = { current: () => held, token: async () => held, reject: () => undefined }
      const dispatcher = authorizedDispatcher(
        dice.once(4) ? signerOf(token) : source,
        anyServer([server.url], dice),
        {
          dispatcher: agent,
          clock: hurried(),
          random: () => dice.whole(1_000) / 1_000,
          retryUnsafe: dice.once(2),
        },
      )
      const asked = request(server.url + dice.pick(PATHS), { dispatcher }).then(({ body }) => body.text())
      const { error } = await outcomeOf(asked)
      counts[error === undefined ? 'answers' : 'failures'] += 1
      flaws.push(...[error].flatMap(each => flawOf(each, [token], seed) ?? []))
    }
    await agent.destroy()
    await server.close()
    expect(flaws.slice(0, 5)).toEqual([])
    expect([counts, isMixed(counts, 1 / 10)]).toEqual([counts, true])
  })

  it(`of ${PIPELINE_RUNS} series to a token source makes it crash, hang or leak`, async () => {
    const counts = { tokens: 0, failures: 0 }
    const flaws: string[] = []
    const { secret } = CLIENT_SECRET
    const grants = [
      { provider: baidu(), client: { id: 'id', secret } },
      { provider: oauthProvider({ tokenEndpoint: 'https://as.example/t' }), client: { id: 'id', secret } },
      baiduBearer({ accessKeyId: 'ALTAKx', secretAccessKey: secret }),
    ]
    for (const seed of seeds(PIPELINE_RUNS)) {
      const dice = diceOf(seed)
      const clock = virtualClock()
      const answers = () => anyAnswer(dice.once(3) ? TOKEN_ERRORS : TOKEN_ANSWERS, secret, dice)
      const source = tokenSource({
        ...dice.pick(grants),
        clock,
        transport: scriptedTransport(answers),
        random: () => dice.whole(1_000) / 1_000,
      })
      const events: unknown[] = []
      source.on(event => events.push(event))
      let settled = false
      const asked = outcomeOf(source.token()).finally(() => {
        settled = true
      })
      for (let waits = 0; !settled && waits < 200; waits++) await clock.advance(1_000)
      const { error } = settled ? await asked : { error: new Error('it hangs') }
      counts[error === undefined ? 'tokens' : 'failures'] += 1
      const printed = [error, events, source.explain(), source]
      flaws.push(...printed.flatMap(each => flawOf(each, [CLIENT_SECRET], seed) ?? []))
      if (error !== undefined && !EvergrantError.is(error)) flaws.push(`seed ${seed}: ${told(error)}`)
      await source.close()
    }
    expect(flaws.slice(0, 5)).toEqual([])
    expect([counts, isMixed(counts, 1 / 20)]).toEqual([counts, true])
  })
})
