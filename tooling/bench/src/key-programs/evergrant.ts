import { baidu } from '@evergrant/provider-baidu'
import { type TokenRuntime, type TokenSource, type Transport, tokenRuntime } from '@evergrant/runtime'
import { type KeyProgram, tokenTextOf } from '../key-program.ts'

/** Ours: a runtime with its defaults that has a source for every key, and its own store in memory. */
export function open(): KeyProgram {
  const runtime = tokenRuntime({ transport: instantTransport() })
  const sources = new Map<string, TokenSource>()
  return {
    async add(key) {
      const source = sourceIn(runtime, key)
      sources.set(key, source)
      await source.token()
    },
    find: async key => (await sources.get(key)?.token())?.accessToken,
  }
}

/** A runtime that holds more grants ready than it does by default, whose token endpoint is at hand. */
export function manyKeysRuntime(): TokenRuntime {
  return tokenRuntime({ transport: instantTransport(), sessionsMax: 1_000_000 })
}

const PROVIDER = baidu()

export function sourceIn(runtime: TokenRuntime, key: string, keepWarm = false): TokenSource {
  return runtime.source({ provider: PROVIDER, client: { id: key, secret: 'SecretKey' }, keepWarm })
}

/** Answers at once, each time with another token. */
function instantTransport(): Transport {
  let granted = 0
  return {
    send: async () => ({
      status: 200,
      headers: [['content-type', 'application/json']],
      body: JSON.stringify({ access_token: tokenTextOf(++granted), expires_in: 2_592_000 }),
    }),
  }
}
