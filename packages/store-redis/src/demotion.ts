/**
 * What becomes of a server that refuses to write because it is no master any more. Its connection is ended, so that
 * whoever is master now is found; as long as nobody is, the attempts come more and more seldom.
 */
export class Demotion {
  /** The connection that stands has been refused. */
  #refused = false
  /** Connections that were refused, since a write succeeded last. */
  #connections = 0

  /** A server has refused to write. Many commands may hear of it over one connection. */
  refused(): void {
    this.#refused = true
  }

  /** A connection has ended. Returns how many have ended so. */
  ended(): number {
    if (this.#refused) this.#connections += 1
    this.#refused = false
    return this.#connections
  }

  /** A write has succeeded: whether it was refused before, so that another server may be master now. */
  isOver(): boolean {
    const before = this.#refused || this.#connections > 0
    this.#refused = false
    this.#connections = 0
    return before
  }
}
