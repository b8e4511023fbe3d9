import type { Advice, Failure } from './failure.ts'
import type { FailureKind } from './failure-kind.ts'

const BRAND = Symbol.for('evergrant.error')

/**
 * The one error that Evergrant throws, at its outermost edge. Branch on `kind` first, on `code` second.
 *
 * Recognise it with {@link EvergrantError.is}, not with `instanceof`: the brand survives two copies of this
 * package in one process. Its fields are an allow-list; requests, responses, bodies and headers are never
 * attached.
 */
export class EvergrantError extends Error implements Failure {
  static {
    EvergrantError.prototype.name = 'EvergrantError'
  }

  readonly kind: FailureKind
  readonly code: string
  declare readonly retryAfterMs?: number
  declare readonly status?: number
  declare readonly description?: string
  declare readonly advice?: Advice

  constructor(failure: Failure) {
    super(failure.message)
    this.kind = failure.kind
    this.code = failure.code
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs
    if (failure.status !== undefined) this.status = failure.status
    if (failure.description !== undefined) this.description = failure.description
    if (failure.advice !== undefined) this.advice = failure.advice
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** What `JSON.stringify` makes of it, for logs: its fields, with the message, and nothing of a cause. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, message, cause: _, ...fields } = this
    return { name, message, ...fields }
  }

  /** Whether `value` is an error of Evergrant, whichever copy of the package made it. */
  static is(value: unknown): value is EvergrantError {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, BRAND)
  }
}
