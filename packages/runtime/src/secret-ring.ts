import { EvergrantError, fail, LateSecret, type RuntimeReport, type Secret } from '@evergrant/core'
import { invalidOption } from './invalid-option.ts'

/** How a place of a ring does, as far as this process knows. */
export type RingPlaceState =
  /** It was read and has not been answered for, or it was not needed. */
  | 'untried'
  /** The last that was heard of it: the server takes it. */
  | 'accepted'
  /** The server has refused it, with `invalid_client`. */
  | 'refused'

/** A client secret that may be one of several. Prints as `‹redacted›`. */
export interface SecretRing extends Secret {
  read(): Promise<string>
  /** How each place does, in the order in which they were given. No value and nothing made from one. */
  explain(): readonly RingPlaceState[]
}

interface Place {
  readonly source: Secret
  /** What was last read. */
  text: string | undefined
  /** What the server has refused. Another text at this place is another secret. */
  refused: string | undefined
  accepted: boolean
}

const PLACES_MAX = 8

/**
 * An ordered ring of client secrets, for rotation without downtime: the current one, the next one, the previous one.
 * Give it as `client.secret`. A place without a secret yet (a variable that is not set, a file that is missing) is
 * passed over.
 *
 * When the token endpoint refuses one with `invalid_client`, its source is read anew (and asked first to forget what
 * it has cached); if that brings nothing else the following ones are tried, each once, within the same token request.
 * The one that works is used from then on, and the event `secret.switched` tells which places can be taken out. When
 * all are refused the request fails with `invalid_client`, and the next one begins anew.
 *
 * Sources are read for token requests only. Throws an `EvergrantError` of code `invalid_option` unless there are 1 to 8.
 */
export function secretRing(sources: readonly (string | Secret | undefined)[]): SecretRing {
  const given = sources.filter(source => source !== undefined)
  if (given.length === 0 || given.length > PLACES_MAX) {
    throw invalidOption(`a secret ring has ${given.length} places, not 1 to ${PLACES_MAX}`)
  }
  return new Ring(given)
}

/** The ring, with what the way out tells it. */
export class Ring extends LateSecret implements SecretRing {
  readonly #places: readonly Place[]
  #active = 0
  /** The place that was last told to work. */
  #told = 0

  constructor(sources: readonly (string | Secret)[]) {
    super(() => this.#choose())
    this.#places = sources.map(source => ({
      source: typeof source === 'string' ? new LateSecret(() => source) : source,
      text: undefined,
      refused: undefined,
      accepted: false,
    }))
  }

  override read(): Promise<string> {
    return this.#choose()
  }

  explain(): readonly RingPlaceState[] {
    return this.#places.map(({ refused, accepted }) => {
      if (refused !== undefined) return 'refused'
      return accepted ? 'accepted' : 'untried'
    })
  }

  /** The active place first, which may have another secret by now; then the others, in their order. */
  async #choose(): Promise<string> {
    const first = this.#active
    const order = [first, ...this.#places.keys()].filter((each, i, all) => all.indexOf(each) === i)
    let missing: unknown
    for (const index of order) {
      const place = this.#places[index] as Place
      try {
        const text = await place.source.read()
        if (typeof text !== 'string' || text === '' || text === place.refused) continue
        if (text !== place.text) place.accepted = false
        place.text = text
        place.refused = undefined
        this.#active = index
        return text
      } catch (error) {
        missing ??= error
      }
    }
    throw this.#exhausted(missing)
  }

  #exhausted(missing: unknown): unknown {
    const tried = this.#places.filter(({ refused }) => refused !== undefined)
    for (const place of this.#places) place.refused = undefined
    this.#active = 0
    if (tried.length > 0) {
      const message = `The token endpoint has refused every secret of the ring (${tried.length}).`
      return new EvergrantError(fail('invalid_client', { message }))
    }
    return (
      missing ?? new EvergrantError(fail('secret_unavailable', { message: 'The client secret is empty.' }))
    )
  }

  /**
   * A request that carried one of these secrets was refused because of it. Whether making it again may help: which
   * secret it carries then is found out when it is read.
   */
  refuse(secrets: readonly string[]): boolean {
    const place = this.#places.find(({ text }) => text !== undefined && secrets.includes(text))
    if (place === undefined) return false
    place.refused = place.text
    place.accepted = false
    place.source.forget?.()
    return true
  }

  /** A request that carried one of these secrets was answered. What there is to tell, if it is news. */
  accept(secrets: readonly string[]): RuntimeReport | undefined {
    const index = this.#places.findIndex(({ text }) => text !== undefined && secrets.includes(text))
    const place = this.#places[index]
    if (place === undefined || place.refused !== undefined) return undefined
    place.accepted = true
    if (index === this.#told) return undefined
    const from = this.#told
    this.#told = index
    const removable = [...this.#places.keys()].filter(each => this.#places[each]?.refused !== undefined)
    return { type: 'secret.switched', from, to: index, removable }
  }
}
