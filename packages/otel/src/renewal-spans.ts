import type { TokenEvent } from '@evergrant/core'
import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import * as names from './attribute-names.ts'

/** Renewals whose end is awaited; the one begun longest ago is ended first. */
const OPEN_MAX = 10_000

/** A span for every renewal, from the request to what came of it. */
export class RenewalSpans {
  readonly #tracer: Tracer
  readonly #open = new Map<string, Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  hear(event: TokenEvent): void {
    switch (event.type) {
      case 'renewal.started':
        return this.#begin(event)
      case 'renewal.succeeded': {
        const life = Number.isFinite(event.lifeMs) ? { [names.LIFE_S]: event.lifeMs / 1_000 } : {}
        const won = { [names.OUTCOME]: 'succeeded', [names.GENERATION]: event.generation, ...life }
        return this.#end(event.grant, event.at, span => span.setAttributes(won))
      }
      case 'renewal.failed': {
        const lost = { [names.OUTCOME]: 'failed', [names.ERROR_TYPE]: names.errorType(event.failure.code) }
        return this.#end(event.grant, event.at, span =>
          span.setAttributes(lost).setStatus({ code: SpanStatusCode.ERROR }),
        )
      }
      case 'renewal.overtaken':
      case 'grant.received':
      case 'grant.dropped':
        return this.#end(event.grant, event.at, span => span.setAttribute(names.OUTCOME, 'overtaken'))
    }
  }

  /** Ends what is open, and says that nothing came of it. */
  endAll(): void {
    for (const grant of [...this.#open.keys()]) this.#end(grant, undefined, () => undefined)
  }

  #begin(event: Extract<TokenEvent, { type: 'renewal.started' }>): void {
    const { at, grant, provider, reason, guarded } = event
    // What was begun before has come to nothing: the grant was asked for anew.
    this.#end(grant, at, span => span.setAttribute(names.OUTCOME, 'overtaken'))
    const attributes = {
      [names.PROVIDER]: provider,
      [names.GRANT]: grant,
      [names.REASON]: reason,
      [names.GUARDED]: guarded,
    }
    this.#open.set(
      grant,
      this.#tracer.startSpan('evergrant.renewal', { startTime: new Date(at), attributes }),
    )
    const [oldest] = this.#open.keys()
    if (this.#open.size > OPEN_MAX && oldest !== undefined) this.#end(oldest, at, () => undefined)
  }

  #end(grant: string, at: number | undefined, say: (span: Span) => void): void {
    const span = this.#open.get(grant)
    if (span === undefined) return
    this.#open.delete(grant)
    say(span)
    span.end(at === undefined ? undefined : new Date(at))
  }
}
