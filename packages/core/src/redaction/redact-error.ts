import { REDACTED, redact } from './redact.ts'

const CAUSES_MAX = 5

/**
 * Removes secrets from an error that comes from elsewhere, and from its causes. What undici could not parse (`data`)
 * goes as a whole: it may be an echo of the request, and is cut anywhere, so that half a secret may stand at its end.
 * Changes the error itself; returns it.
 */
export function redactError<Thrown>(error: Thrown, secrets: readonly string[]): Thrown {
  let at: unknown = error
  for (let depth = 0; depth < CAUSES_MAX && typeof at === 'object' && at !== null; depth++) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof property.value !== 'string' || property.writable !== true) continue
      const clean = name === 'data' ? REDACTED : redact(property.value, secrets)
      if (clean !== property.value) Object.defineProperty(at, name, { ...property, value: clean })
    }
    at = (at as { cause?: unknown }).cause
  }
  return error
}
