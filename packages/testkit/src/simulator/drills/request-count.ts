import type { SimulatedGrant } from '../simulated-grant.ts'
import type { World } from '../world.ts'

/** Counts the token requests for one grant from now on. */
export class RequestCount {
  readonly #world: World
  readonly #grant: SimulatedGrant
  readonly #before: number

  constructor(world: World, grant: SimulatedGrant) {
    this.#world = world
    this.#grant = grant
    this.#before = grant.history.requests
  }

  /** Fails the promise `id` unless there were exactly `wanted`. */
  expect(id: string, wanted: number, when: string): void {
    const requests = this.#grant.history.requests - this.#before
    if (requests === wanted) return
    const { index } = this.#grant
    this.#world.fail(id, `there were ${requests} token requests for grant ${index}, not ${wanted}, when ${when}`)
  }
}
