import { channel } from 'node:diagnostics_channel'
import type { TokenSource } from '../token-source.ts'

/**
 * Publishes every event of a source on the channel `evergrant:<event type>`, e.g. `evergrant:renewal.failed`,
 * where monitoring can subscribe without a reference to the source. Messages are the events themselves: they
 * hold no token and no secret. Returns the function that ends it.
 */
export function publishDiagnostics(source: TokenSource): () => void {
  return source.on(event => channel(`evergrant:${event.type}`).publish(event))
}
