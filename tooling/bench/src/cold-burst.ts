import { open } from './libraries/evergrant.ts'
import type { Endpoint } from './library.ts'

/** Many callers at the same moment, and no token yet. Returns the texts of their tokens, each once. */
export async function coldBurst(endpoint: Endpoint, callers: number): Promise<ReadonlySet<string>> {
  const { token } = open(endpoint)
  return new Set(await Promise.all(Array.from({ length: callers }, token)))
}
