import type { Clock, DataKey, EvergrantError, KeyContext, KeyService } from '@evergrant/core'
import { boundedMap } from './bounded-map.ts'
import { MATERIAL } from './envelope.ts'
import { serviceFailed, serviceOdd } from './seal-failure.ts'

/** A key that stays at a service, as far as the service has to know. */
export interface ServedKey {
  /** What envelopes name it by: 1 to 64 letters, digits, `-` and `_`. */
  readonly id: string
  /** `vaultTransit()` and `awsKms()` of `@evergrant/kms`, or one's own. */
  readonly service: KeyService
  /** What working keys are bound to at the service, besides the id. Must stay the same for as long as records do. */
  readonly context?: KeyContext
}

/** Where a key service is asked: its answers are looked at, and after a failure it is left alone for a moment. */
export interface ServiceDesk {
  generate(): Promise<DataKey>
  unwrap(wrapped: string): Promise<Uint8Array>
  forget(): void
}

const KEY_BYTES = 32
/** How long the service is not asked the same again after it has failed, in ms. */
const REST_MS = 1_000
const FAILURES_MAX = 1_000

/** All failures are errors of Evergrant, without a text of the service. */
export function serviceDesk(
  { id, service, context: given }: ServedKey,
  clock: Pick<Clock, 'now'>,
): ServiceDesk {
  const context: KeyContext = { ...given, 'evergrant:key': id }
  const failed = boundedMap<{ readonly error: EvergrantError; readonly at: number }>(FAILURES_MAX)

  async function ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
    const last = failed.get(what)
    if (last !== undefined && clock.now() - last.at < REST_MS) throw last.error
    try {
      const answer = await question()
      failed.delete(what)
      return answer
    } catch (thrown) {
      const error = serviceFailed(id, thrown)
      failed.set(what, { error, at: clock.now() })
      throw error
    }
  }

  function requireDataKey(dataKey: DataKey): DataKey {
    requireBytes(dataKey.plaintext)
    if (typeof dataKey.wrapped !== 'string' || !MATERIAL.test(dataKey.wrapped)) throw serviceOdd(id)
    return dataKey
  }

  function requireBytes(bytes: Uint8Array): Uint8Array {
    if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) throw serviceOdd(id)
    return bytes
  }

  return {
    // No wrapped key is empty, so none is taken for this question.
    generate: () => ask('', async () => requireDataKey(await service.generate(context))),
    unwrap: wrapped => ask(wrapped, async () => requireBytes(await service.unwrap(wrapped, context))),
    forget: () => failed.clear(),
  }
}
