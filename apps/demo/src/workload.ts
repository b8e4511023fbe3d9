import { setTimeout as pause } from 'node:timers/promises'
import { baiduApi } from '@evergrant/provider-baidu/calls'
import type { TokenSource } from '@evergrant/runtime'
import { type AuthorizedFetch, authorizedFetch } from '@evergrant/runtime/calls'
import type { Counts } from './crew-message.ts'

const WORDS = ['你好', '世界', '早上好', '谢谢', '再见']

/** A service that translates words, as an application would: calls, and no thought of how tokens live. */
export class Workload {
  readonly #call: AuthorizedFetch
  readonly #url: string
  readonly #counts = { calls: 0, failures: 0, repeated: 0, slowestTokenMs: 0 }
  #stopped = false

  constructor(source: TokenSource, url: string) {
    this.#url = `${url}/rpc/2.0/mt/texttrans/v1`
    const timed = { token: () => this.#timed(source), reject: source.reject.bind(source) }
    this.#call = authorizedFetch(timed, baiduApi({ origins: [url] }), {
      retryUnsafe: true,
      onEvent: event => {
        if (event.type === 'call.renewed') this.#counts.repeated += 1
      },
    })
  }

  get counts(): Counts {
    return { ...this.#counts }
  }

  /** Makes calls at a steady pace until it is stopped. */
  async run(callsPerSecond: number): Promise<void> {
    const running = new Set<Promise<void>>()
    while (!this.#stopped) {
      const call = this.#translate().finally(() => running.delete(call))
      running.add(call)
      await pause(1000 / callsPerSecond)
    }
    await Promise.all(running)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Many calls at the same moment. */
  async burst(calls: number): Promise<void> {
    await Promise.all(Array.from({ length: calls }, () => this.#translate()))
  }

  async #translate(): Promise<void> {
    this.#counts.calls += 1
    const q = WORDS[this.#counts.calls % WORDS.length]
    try {
      const response = await this.#call(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ q, from: 'zh', to: 'en' }),
      })
      const answer = (await response.json()) as { result?: unknown }
      if (answer.result === undefined) throw new Error('an answer without a translation')
    } catch {
      this.#counts.failures += 1
    }
  }

  async #timed(source: TokenSource): ReturnType<TokenSource['token']> {
    const before = performance.now()
    const token = await source.token()
    // The first one has to come over the network; after that nobody should have to wait.
    if (token.generation > 1) {
      const tookMs = performance.now() - before
      this.#counts.slowestTokenMs = Math.max(this.#counts.slowestTokenMs, tookMs)
    }
    return token
  }
}
