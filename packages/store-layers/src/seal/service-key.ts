import { type Clock, EvergrantError } from '@evergrant/core'
import { platformClock } from '../platform-clock.ts'
import { boundedMap } from './bounded-map.ts'
import type { CipherKey } from './cipher.ts'
import { invalidOption } from './seal-failure.ts'
import { type ServedKey, serviceDesk } from './service-desk.ts'
import { importWorkingKey, type RingKey, SEALS_MAX, type WorkingKey } from './working-key.ts'

/** A key that stays at a key service, and wraps the working keys (envelope encryption). */
export interface ServiceKey extends ServedKey {
  /** How long a process seals with one working key, in ms. 1,000 or more; a day by default. */
  readonly rotateAfterMs?: number
  /** How long an unwrapped key is used before the service is asked for it again, in ms. 1,000 or more; an hour by default. */
  readonly freshForMs?: number
  /**
   * How long an unwrapped key is used while the service cannot be reached, in ms. `freshForMs` or more; a day by
   * default, which is how long an outage of the service goes unnoticed. One that refuses is obeyed at once.
   */
  readonly keepForMs?: number
  /** The clock by which keys age. The platform's monotonic one by default. */
  readonly clock?: Pick<Clock, 'now'>
}

/** A key in clear, and when the service last gave it. */
interface Unwrapped {
  readonly key: CipherKey
  readonly askedAt: number
}

interface Own extends WorkingKey {
  readonly madeAt: number
  seals: number
}

const SPAN_MS_MIN = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const OPENED_MAX = 1_000

/** A key of a ring that seals with keys which the service makes and wraps: each process has one of its own. */
export function serviceRingKey(options: ServiceKey, sealsMax: number = SEALS_MAX): RingKey {
  const { id, rotateAfterMs = DAY_MS, freshForMs = HOUR_MS, clock = platformClock } = options
  const { keepForMs = Math.max(DAY_MS, freshForMs) } = options
  requireSpans({ rotateAfterMs, freshForMs, keepForMs })
  const desk = serviceDesk(options, clock)
  const opened = boundedMap<Unwrapped>(OPENED_MAX)
  const asking = new Map<string, Promise<Unwrapped>>()
  let own: Own | undefined
  let making: Promise<void> | undefined

  async function make(): Promise<void> {
    const { plaintext, wrapped } = await desk.generate()
    const key = await importWorkingKey(plaintext)
    own = { material: wrapped, key, madeAt: clock.now(), seals: 0 }
    opened.set(wrapped, { key, askedAt: own.madeAt })
  }

  async function unwrap(material: string): Promise<Unwrapped> {
    const askedAt = clock.now()
    const unwrapped = { key: await importWorkingKey(await desk.unwrap(material)), askedAt }
    opened.set(material, unwrapped)
    return unwrapped
  }

  /** Whether a working key may seal one more record, at an age of less than `ageMaxMs`. */
  function isGood(held: Own | undefined, ageMaxMs: number): held is Own {
    return held !== undefined && held.seals < sealsMax && clock.now() - held.madeAt < ageMaxMs
  }

  return {
    id,
    async forSealing() {
      for (;;) {
        const held = own
        if (isGood(held, rotateAfterMs)) return used(held)
        try {
          making ??= make().finally(() => {
            making = undefined
          })
          await making
        } catch (error) {
          if (!isGood(held, rotateAfterMs + keepForMs) || isRefusal(error)) throw error
          return used(held)
        }
      }
    },
    async forOpening(material) {
      const held = opened.get(material)
      if (held !== undefined && clock.now() - held.askedAt < freshForMs) return held.key
      const question = asking.get(material) ?? unwrap(material).finally(() => asking.delete(material))
      asking.set(material, question)
      try {
        return (await question).key
      } catch (error) {
        if (isRefusal(error)) opened.delete(material)
        else if (held !== undefined && clock.now() - held.askedAt < keepForMs) return held.key
        throw error
      }
    },
    forget() {
      own = undefined
      opened.clear()
      desk.forget()
    },
  }
}

function used(own: Own): WorkingKey {
  own.seals += 1
  return own
}

/** Whether the service has said no, rather than nothing. */
function isRefusal(error: unknown): boolean {
  return EvergrantError.is(error) && error.kind !== 'retry'
}

function requireSpans(spans: { rotateAfterMs: number; freshForMs: number; keepForMs: number }): void {
  for (const [name, spanMs] of Object.entries(spans)) {
    if (!(Number.isFinite(spanMs) && spanMs >= SPAN_MS_MIN)) {
      throw invalidOption(`${name} is ${spanMs}, not a number of ms of at least ${SPAN_MS_MIN}.`)
    }
  }
  if (spans.keepForMs < spans.freshForMs) throw invalidOption('keepForMs is shorter than freshForMs.')
}
