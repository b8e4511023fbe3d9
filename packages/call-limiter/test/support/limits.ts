import { EvergrantError } from '@evergrant/core'
import type { CallLimiter } from '@evergrant/core/calls'

/** The failure that a promise must reject with. */
export async function failureOf(promise: Promise<unknown>): Promise<EvergrantError> {
  try {
    await promise
  } catch (error) {
    if (EvergrantError.is(error)) return error
    throw error
  }
  throw new Error('It has succeeded.')
}

/** The most instants that any window of this length holds. */
export function mostWithin(instants: readonly number[], windowMs: number): number {
  const sorted = [...instants].sort((a, b) => a - b)
  let most = 0
  let first = 0
  for (const [i, at] of sorted.entries()) {
    while (at - (sorted[first] ?? at) >= windowMs) first += 1
    most = Math.max(most, i - first + 1)
  }
  return most
}

/** How a limiter turns out for one caller after the other, without waiting. */
export async function admitted(limiter: CallLimiter, key: string, callers: number): Promise<number> {
  let count = 0
  for (let caller = 0; caller < callers; caller++) {
    const failure = await limiter.admit(key, { waitMsMax: 0 }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure === undefined) count += 1
    else if (!EvergrantError.is(failure) || failure.code !== 'rate_limited') throw failure
  }
  return count
}
