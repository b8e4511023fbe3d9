/** Where a secret was found, and in which form. */
interface Sighting {
  readonly secret: string
  readonly form: string
  /** Some of what stands before it, to find the place. */
  readonly before: string
}

/** Everything in which a secret was found, by the name of the outlet that it came out of. */
export type Sightings = Readonly<Record<string, readonly Sighting[]>>

/** Pieces of base64 shorter than this may be chance. */
const PIECE_CHARACTERS_MIN = 12

/** What left the product: texts and bytes, by the name of the outlet. */
export class Outlets {
  readonly #texts = new Map<string, string[]>()

  /** Notes something that came out. Bytes count as they are. */
  add(outlet: string, text: string | Buffer): void {
    const texts = this.#texts.get(outlet) ?? []
    texts.push(typeof text === 'string' ? text : text.toString('latin1'))
    this.#texts.set(outlet, texts)
  }

  /** How many characters each outlet has given: one that gave none was not searched. */
  get sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#texts].map(([outlet, texts]) => [outlet, texts.join('').length]))
  }

  /** Searches all of it for secrets, by the names under which they were planted. */
  search(secrets: Readonly<Record<string, string>>): Sightings {
    const found: Record<string, Sighting[]> = {}
    for (const [outlet, texts] of this.#texts) {
      const text = texts.join('\n')
      const seen = Object.entries(secrets).flatMap(([secret, value]) =>
        Object.entries(formsOf(value)).flatMap(([form, wanted]) => {
          const at = text.indexOf(wanted)
          return at < 0 ? [] : [{ secret, form, before: text.slice(Math.max(0, at - 80), at) }]
        }),
      )
      if (seen.length > 0) found[outlet] = seen
    }
    return found
  }
}

/** A text in every form in which it travels: as it is, percent-encoded, in hex, and in base64 wherever it may begin. */
export function formsOf(value: string): Readonly<Record<string, string>> {
  const bytes = Buffer.from(value)
  const forms: Record<string, string> = {
    plain: value,
    percent: encodeURIComponent(value),
    hex: bytes.toString('hex'),
    reversed: [...value].reverse().join(''),
    utf16: bytes.toString('latin1').split('').join('\0'),
  }
  for (const offset of [0, 1, 2]) {
    // What it is encoded together with changes the characters at both ends.
    const piece = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const inner = piece.slice(offset === 0 ? 0 : 4, -2)
    if (inner.length < PIECE_CHARACTERS_MIN) continue
    forms[`base64 at ${offset}`] = inner
    forms[`base64url at ${offset}`] = inner.replaceAll('+', '-').replaceAll('/', '_')
  }
  return forms
}
