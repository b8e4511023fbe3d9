import type { TokenEvent, TokenSource } from '@evergrant/runtime'
import type { Tally } from './tally.ts'

/** Shows the show: live in a terminal, line by line in a pipe. */
export interface View {
  open(tally: Tally, source: TokenSource): void
  /** A new act begins. */
  act(title: string): void
  /** Something worth a line. */
  say(line: string): void
  tell(event: TokenEvent): void
  close(): void
}

/** An event as a line, `undefined` for what is not worth one. */
export function lineFor(event: TokenEvent): string | undefined {
  switch (event.type) {
    case 'renewal.started':
      return `asking for a token (${event.reason})`
    case 'renewal.succeeded':
      return `token no. ${event.generation}, good for ${event.lifeMs / 1000} s`
    case 'renewal.failed':
      return `that failed: ${event.failure.code}; next attempt in ${Math.round(event.until - event.at)} ms`
    case 'token.rejected':
      return `token no. ${event.generation} was rejected by the API`
    default:
      return undefined
  }
}
