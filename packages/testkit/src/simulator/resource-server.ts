import type { AuthorizationServer } from './authorization-server.ts'
import type { World } from './world.ts'

/** The API that tokens are for: it rejects those that are revoked or expired, and for a while all of them. */
export class ResourceServer {
  readonly #world: World
  readonly #server: AuthorizationServer
  #refusesUntil = 0

  constructor(world: World, server: AuthorizationServer) {
    this.#world = world
    this.#server = server
  }

  /** Rejects every token for `ms`. */
  refuseAll(ms: number): void {
    this.#refusesUntil = this.#world.now + ms
  }

  heal(): void {
    this.#refusesUntil = 0
  }

  accepts(accessToken: string): boolean {
    return this.#world.now >= this.#refusesUntil && this.#server.accepts(accessToken)
  }
}
