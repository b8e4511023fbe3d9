import { LOOK_BYTES_MAX } from '@evergrant/core/calls'
import type { Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController

/** How long an answer that nobody wants may take to go by, in ms. */
const PASS_MS_MAX = 1_000

/**
 * Lets the rest of an answer go by, so that its connection can be used again: no more than an error may be large, and
 * no longer than a moment. Beyond that the connection is given up.
 */
export class UnwantedAnswer {
  readonly #controller: Controller
  readonly #limit: AbortSignal = AbortSignal.timeout(PASS_MS_MAX)
  #bytes = 0

  constructor(controller: Controller) {
    this.#controller = controller
    this.#limit.addEventListener('abort', this.#giveUp, { once: true })
  }

  readonly #giveUp = (): void => this.#controller.abort(new Error('superseded'))

  pass(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > LOOK_BYTES_MAX) this.#giveUp()
  }

  /** It has gone by, or has been given up. */
  end(): void {
    this.#limit.removeEventListener('abort', this.#giveUp)
  }
}
