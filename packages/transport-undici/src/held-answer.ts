import { LOOK_BYTES_MAX } from '@evergrant/core/calls'
import type { Dispatcher } from 'undici'
import { legible } from './content-coding.ts'
import { codingOf, type IncomingHeaders } from './incoming-answer.ts'

/** The start of an answer that has not been handed on yet, because its body may tell of a failure. */
export class HeldAnswer {
  readonly status: number
  readonly headers: IncomingHeaders
  readonly #message: string | undefined
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(status: number, headers: IncomingHeaders, message: string | undefined) {
    this.status = status
    this.headers = headers
    this.#message = message
  }

  /** Takes more of the body. `false`: it has become too large to be an error. */
  take(chunk: Buffer): boolean {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    return this.#bytes <= LOOK_BYTES_MAX
  }

  /** The body; `undefined` when it cannot be read. */
  get text(): string | undefined {
    return legible(Buffer.concat(this.#chunks), codingOf(this.headers))
  }

  handOn(handler: Dispatcher.DispatchHandler, controller: Dispatcher.DispatchController): void {
    handler.onResponseStart?.(controller, this.status, this.headers, this.#message)
    for (const chunk of this.#chunks) handler.onResponseData?.(controller, chunk)
  }
}
