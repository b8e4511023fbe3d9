import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { type KeyProgram, tokenTextOf } from '../key-program.ts'

/** A cache in memory alone. */
export function open(): KeyProgram {
  const cache = new BentoCache({
    default: 'tokens',
    stores: { tokens: bentostore().useL1Layer(memoryDriver({ maxItems: 1_000_000 })) },
  })
  return {
    add: (key, index) => cache.set({ key, value: tokenTextOf(index), ttl: '1d' }),
    find: key => cache.get<string>({ key }),
  }
}
