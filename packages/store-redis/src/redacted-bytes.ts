import { inspect } from 'node:util'
import { REDACTED } from '@evergrant/core'

/**
 * A text as bytes that reach the socket as they are and print as `‹redacted›`, whichever way they are printed.
 *
 * ioredis hands the arguments of every `EVALSHA` to whoever traces commands in this process, attaches them to
 * errors, and prints them when `DEBUG` asks it to; so do the instruments of others that wrap it.
 */
export function redactedBytes(text: string): Buffer {
  const redacted = { value: () => REDACTED }
  return Object.defineProperties(Buffer.from(text), {
    toString: redacted,
    toJSON: redacted,
    [inspect.custom]: redacted,
  })
}
