import type { TokenEvent, TokenListener } from '@evergrant/core'

/** Tells listeners. They are guests: what one throws must not stop a renewal, and is nobody's to handle here. */
export function tellAll(listeners: Iterable<TokenListener>, event: TokenEvent): void {
  for (const listener of listeners) {
    try {
      listener(event)
    } catch {
      // The others are told all the same.
    }
  }
}
