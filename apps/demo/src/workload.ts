import { setTimeout as pause } from 'node:timers/promises'
import type { Token, TokenSource } from '@evergrant/runtime'
import type { Tally } from './tally.ts'

const WORDS = ['你好', '世界', '早上好', '谢谢', '再见']
/** Codes of the platform that mean "this token is no good". */
const TOKEN_ERRORS = new Set([100, 110, 111])

/** A service that translates words, as an application would: a token, a call, and no thought of how tokens live. */
export class Workload {
  readonly #source: TokenSource
  readonly #url: string
  readonly #tally: Tally
  #stopped = false

  constructor(source: TokenSource, url: string, tally: Tally) {
    this.#source = source
    this.#url = `${url}/rpc/2.0/mt/texttrans/v1`
    this.#tally = tally
  }

  /** Makes calls at a steady pace until it is stopped. */
  async run(callsPerSecond: number): Promise<void> {
    const running = new Set<Promise<void>>()
    while (!this.#stopped) {
      const call = this.call().finally(() => running.delete(call))
      running.add(call)
      await pause(1000 / callsPerSecond)
    }
    await Promise.all(running)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Many calls at the same moment. */
  async burst(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.call()))
  }

  async call(): Promise<void> {
    this.#tally.calls += 1
    try {
      const token = await this.#token()
      if (await this.#translate(token)) return
      this.#source.reject(token)
      if (!(await this.#translate(await this.#token()))) throw new Error('rejected twice')
      this.#tally.repeated += 1
    } catch {
      this.#tally.failures += 1
    }
  }

  async #token(): Promise<Token> {
    const before = performance.now()
    const token = await this.#source.token()
    // The first one has to come over the network; after that nobody should ever wait.
    if (token.generation > 1) {
      this.#tally.slowestTokenMs = Math.max(this.#tally.slowestTokenMs, performance.now() - before)
    }
    return token
  }

  /** Whether the token was accepted. */
  async #translate(token: Token): Promise<boolean> {
    const q = WORDS[this.#tally.calls % WORDS.length]
    const response = await fetch(`${this.#url}?access_token=${token.accessToken}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ q, from: 'zh', to: 'en' }),
    })
    const answer = (await response.json()) as { error_code?: number; result?: unknown }
    if (TOKEN_ERRORS.has(answer.error_code ?? 0)) return false
    if (answer.result === undefined) throw new Error(`error ${answer.error_code}`)
    return true
  }
}
