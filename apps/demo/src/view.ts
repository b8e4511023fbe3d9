import type { TokenEvent } from '@evergrant/runtime'
import type { Member } from './crew.ts'
import type { Tally } from './tally.ts'

/** What there is to see. */
export interface Scene {
  readonly tally: Tally
  readonly crew: { readonly members: readonly Member[] }
  readonly place: { readonly title: string }
}

/** Shows the show: live in a terminal, line by line in a pipe. */
export interface View {
  open(scene: Scene): void
  /** A new act begins. */
  act(title: string): void
  /** Something worth a line. */
  say(line: string): void
  /** Something that happened to the grant, in the process of this name. */
  tell(event: TokenEvent, by: string): void
  close(): void
}

/** An event as a line, `undefined` for what is not worth one. */
export function lineFor(event: TokenEvent, by: string): string | undefined {
  switch (event.type) {
    case 'renewal.started':
      return `process ${by} asks for a token (${event.reason})`
    case 'renewal.succeeded':
      return `process ${by} has token no. ${event.generation}, good for ${Math.round(event.lifeMs / 1000)} s`
    case 'renewal.failed':
      return `process ${by}: ${event.failure.code}; next attempt in ${Math.round(event.until - event.at)} ms`
    case 'token.rejected':
      return `process ${by}: token no. ${event.generation} was rejected by the API`
    case 'store.failed':
      return `process ${by} cannot reach the store`
    case 'store.recovered':
      return `process ${by} reaches the store again`
    default:
      return undefined
  }
}
