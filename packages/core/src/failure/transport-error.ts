import type { Delivery } from '../ports/transport.ts'
import { EvergrantError } from './evergrant-error.ts'
import type { Failure } from './failure.ts'

/** What a transport rejects with: a failure, and whether the request may have reached the server. */
export class TransportError extends EvergrantError {
  static {
    TransportError.prototype.name = 'TransportError'
  }

  readonly delivery: Delivery

  constructor(failure: Failure, delivery: Delivery) {
    super(failure)
    this.delivery = delivery
  }

  /** Whether `value` is a transport's error, whichever copy of the package made it. */
  static override is(value: unknown): value is TransportError {
    return EvergrantError.is(value) && 'delivery' in value
  }
}
