import { baidu } from '@evergrant/provider-baidu'
import { fetchTransport, type TokenSource, tokenRuntime } from '@evergrant/runtime'
import { redisStore } from '@evergrant/store-redis'
import type { FleetProgram } from '../fleet-program.ts'
import type { Endpoint } from '../library.ts'

/** Ours, with the store in Redis. */
export function open(redisUrl: string): FleetProgram {
  const runtime = tokenRuntime({
    store: redisStore({ url: redisUrl }),
    transport: fetchTransport({ allowInsecureLoopback: true }),
  })
  const sources = new Map<string, TokenSource>()

  function sourceOf({ url, id, secret }: Endpoint): TokenSource {
    const known = sources.get(id)
    if (known !== undefined) return known
    const source = runtime.source({
      provider: baidu({ endpoint: url }),
      client: { id, secret },
      // So that a token of a short life, with which renewals are counted, is due soon and for everybody.
      policy: { renewFraction: 0.9, renewSpread: 0 },
    })
    sources.set(id, source)
    return source
  }

  return {
    callerOf(endpoint) {
      const source = sourceOf(endpoint)
      return async () => (await source.token()).accessToken
    },
  }
}
