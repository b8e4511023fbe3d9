import { authorizedCalls } from './authorized-calls.ts'
import type { Bench } from './bench.ts'
import { bundleSize } from './bundle-size.ts'
import { cachedToken } from './cached-token.ts'
import { coldCallers } from './cold-callers.ts'
import { fleet } from './fleet.ts'
import { importTime } from './import-time.ts'
import { manyKeys } from './many-keys.ts'

/** All there is to measure, in the order of the page. */
export const BENCHES: readonly Bench[] = [
  cachedToken,
  coldCallers,
  authorizedCalls,
  fleet,
  manyKeys,
  importTime,
  bundleSize,
]

/** The benches of these names, all when there is no name. Throws a `RangeError` for a name that nothing has. */
export function benchesOf(names: readonly string[]): readonly Bench[] {
  const unknown = names.filter(name => !BENCHES.some(bench => bench.name === name))
  if (unknown.length > 0) {
    const known = BENCHES.map(({ name }) => name).join(', ')
    throw new RangeError(`There is no bench ${unknown.join(', ')}; there are ${known}.`)
  }
  return names.length === 0 ? BENCHES : BENCHES.filter(({ name }) => names.includes(name))
}
