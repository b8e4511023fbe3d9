import type { Secret } from '../ports/secret.ts'
import { REDACTED } from './redact.ts'

/** A secret that `read` fetches, and that prints as `‹redacted›` whichever way it is printed. */
export class LateSecret implements Secret {
  readonly #read: () => string | Promise<string>

  constructor(read: () => string | Promise<string>) {
    this.#read = read
  }

  read(): string | Promise<string> {
    return this.#read()
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.toPrimitive](): string {
    return REDACTED
  }

  static {
    // What Node's `util.inspect` and `console.log` ask an object for, by its registered name.
    const value = LateSecret.prototype.toJSON
    Object.defineProperty(LateSecret.prototype, Symbol.for('nodejs.util.inspect.custom'), { value })
  }
}
