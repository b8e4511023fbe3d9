import { EvergrantError, type Store, type Version } from '@evergrant/core'
import { eventually } from '@evergrant/tooling-redis'
import { afterEach } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../src/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The major of ioredis that the tests run over. */
    major: 5 | 6
  }
}

/** A store that has all it can have. */
export type FullStore = Store & Required<Pick<Store, 'subscribe' | 'close'>>

/** Makes stores that are closed after the test. */
export function storeMaker(common: RedisStoreOptions = {}): (options?: RedisStoreOptions) => FullStore {
  const made: FullStore[] = []
  afterEach(async () => {
    await Promise.all(made.splice(0).map(store => store.close()))
  })
  return options => {
    const store = redisStore({ ...common, ...options }) as FullStore
    made.push(store)
    return store
  }
}

/** Writes, and returns the version of what must have been written. */
export async function put(store: Store, key: string, value: string, expected?: Version): Promise<Version> {
  const result = await store.write(key, { value, expected })
  if (!result.written) throw new Error(`"${value}" was refused; there is "${result.entry?.value}".`)
  return result.version
}

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

/** How long a promise takes to settle, in ms. */
export async function elapsedMs(promise: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await promise.catch(() => undefined)
  return performance.now() - startedAt
}

/** Counts hints, and waits for the next one. */
export function hintCounter(): {
  readonly hear: () => void
  readonly count: number
  next(): Promise<void>
} {
  let count = 0
  return {
    hear() {
      count += 1
    },
    get count() {
      return count
    },
    async next() {
      const before = count
      await eventually('the next hint', () => count > before)
    },
  }
}
