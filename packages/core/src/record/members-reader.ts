/** Thrown inside a decoder when a member is not what it must be; never leaves the decoder. */
export class Undecodable extends Error {}

/**
 * Reads members of a parsed JSON object by own property and by type, so that no name can reach a prototype
 * and no value is trusted for its type.
 */
export class MembersReader {
  readonly #object: object

  constructor(object: unknown) {
    if (typeof object !== 'object' || object === null || Array.isArray(object)) throw new Undecodable()
    this.#object = object
  }

  /** The raw value; `undefined` when absent or `null`. */
  raw(name: string): unknown {
    if (!Object.hasOwn(this.#object, name)) return undefined
    return (this.#object as Record<string, unknown>)[name] ?? undefined
  }

  text(name: string): string {
    return required(this.optionalText(name))
  }

  optionalText(name: string): string | undefined {
    const value = this.raw(name)
    if (value !== undefined && typeof value !== 'string') throw new Undecodable()
    return value
  }

  /** A whole number, 0 or more. */
  count(name: string): number {
    return required(this.optionalCount(name))
  }

  optionalCount(name: string): number | undefined {
    const value = this.raw(name)
    if (value !== undefined && (!Number.isSafeInteger(value) || (value as number) < 0))
      throw new Undecodable()
    return value as number | undefined
  }

  /** A finite number of milliseconds; `undefined` when absent. */
  optionalMs(name: string): number | undefined {
    const value = this.raw(name)
    if (value !== undefined && !Number.isFinite(value)) throw new Undecodable()
    return value as number | undefined
  }

  flag(name: string): boolean {
    const value = this.raw(name) ?? false
    if (typeof value !== 'boolean') throw new Undecodable()
    return value
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) throw new Undecodable()
    return value
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.raw(name)
    return required(choices.find(choice => choice === value))
  }

  object(name: string): MembersReader | undefined {
    const value = this.raw(name)
    return value === undefined ? undefined : new MembersReader(value)
  }

  entries(): [string, unknown][] {
    return Object.entries(this.#object)
  }
}

/** The value, or the end of decoding when there is none. */
export function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Undecodable()
  return value
}
