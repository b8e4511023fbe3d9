import { type Advice, EvergrantError } from '@evergrant/core'
import type { ApiFailure } from '@evergrant/core/calls'
import type { BaiduErrorEntry } from '../errors/error-entry.ts'

/** A failure that the platform has told by one of its codes. */
export interface BaiduApiFailure extends ApiFailure {
  /** The line of the error table; `undefined` for a code that no table knows. */
  readonly entry: BaiduErrorEntry | undefined
}

/**
 * An error of a Baidu API, though its HTTP status says 200. `code` is the platform's, as text; `kind` and
 * `retryAfterMs` say what to do, `meaning` and `advice` say it in English and Chinese.
 */
export class BaiduApiError extends EvergrantError {
  static {
    BaiduApiError.prototype.name = 'BaiduApiError'
  }

  /** What the code means; `undefined` for a code that no table knows. */
  declare readonly meaning?: Advice

  constructor(failure: BaiduApiFailure) {
    super(failure)
    if (failure.entry !== undefined) this.meaning = failure.entry.meaning
  }

  /** Whether `value` is such an error, whichever copy of the package made it. */
  static override is(value: unknown): value is BaiduApiError {
    return EvergrantError.is(value) && value.name === 'BaiduApiError'
  }
}
