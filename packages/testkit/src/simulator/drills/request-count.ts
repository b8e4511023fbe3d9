import type { SimulatedGrant } from '../simulated-grant.ts'
import type { World } from '../world.ts'

/** Counts the token requests for one grant from now on that bring a token. */
export class RequestCount {
  readonly #world: World
  readonly #grant: SimulatedGrant
  readonly #before: number

  constructor(world: World, grant: SimulatedGrant) {
    this.#world = world
    this.#grant = grant
    this.#before = grant.history.issues
  }

  /** Fails the promise `id` unless there were exactly `wanted`. */
  expect(id: string, wanted: number, when: string): void {
    const requests = this.#grant.history.issues - this.#before
    if (requests === wanted) return
    const { index } = this.#grant
    this.#world.fail(
      id,
      `there were ${requests} token requests for grant ${index}, not ${wanted}, when ${when}`,
    )
  }
}
