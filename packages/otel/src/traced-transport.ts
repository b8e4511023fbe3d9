import { type HttpRequest, type SendLimits, type Transport, TransportError } from '@evergrant/core'
import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import * as names from './attribute-names.ts'

export interface TracedOptions {
  /** Where spans go. The global provider by default. */
  readonly tracerProvider?: TracerProvider
}

/**
 * A transport whose token requests are client spans, as the conventions for HTTP want them, but without query: that
 * is where some servers want the client secret. Nothing is added to the request: the trace ends at the server.
 */
export function traced(transport: Transport, options: TracedOptions = {}): Transport {
  const tracer = (options.tracerProvider ?? trace).getTracer('@evergrant/otel')
  return {
    ...(transport.close && { close: () => transport.close?.() ?? Promise.resolve() }),
    send(request: HttpRequest, limits: SendLimits) {
      const span = tracer.startSpan(request.method, {
        kind: SpanKind.CLIENT,
        attributes: attributesOf(request),
      })
      return context.with(trace.setSpan(context.active(), span), async () => {
        try {
          const response = await transport.send(request, limits)
          const { status } = response
          span.setAttribute(names.STATUS, status)
          if (status >= 400) failed(span, String(status))
          return response
        } catch (error) {
          const known = TransportError.is(error)
          if (known) span.setAttribute(names.DELIVERY, error.delivery)
          failed(span, known ? names.errorType(error.code) : '_OTHER')
          throw error
        } finally {
          span.end()
        }
      })
    },
  }
}

function attributesOf({ method, url }: HttpRequest): Attributes {
  const { protocol, hostname, port, origin, pathname } = new URL(url)
  const usual = protocol === 'http:' ? 80 : 443
  return {
    [names.METHOD]: method,
    [names.ADDRESS]: hostname,
    [names.PORT]: port === '' ? usual : Number(port),
    [names.URL_FULL]: `${origin}${pathname}`,
  }
}

function failed(span: Span, type: string): void {
  span.setAttribute(names.ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR })
}
