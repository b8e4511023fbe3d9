import { baidu } from '@evergrant/provider-baidu'
import { fetchTransport, type Token, type TokenSource, tokenSource } from '@evergrant/runtime'
import type { Endpoint, Program } from '../library.ts'

/** Ours: the default store, and the default transport, which has to be told that plain http to loopback is meant. */
export function open(endpoint: Endpoint): Program & { current(): Token | undefined } {
  const source = sourceFor(endpoint)
  return {
    ask: () => source.token(),
    token: async () => (await source.token()).accessToken,
    current: () => source.current(),
  }
}

export function sourceFor({ url, id, secret }: Endpoint): TokenSource {
  return tokenSource({
    provider: baidu({ endpoint: url }),
    client: { id, secret },
    transport: fetchTransport({ allowInsecureLoopback: true }),
  })
}
