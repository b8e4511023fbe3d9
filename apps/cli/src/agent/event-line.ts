import { inWords, type TokenEvent } from '@evergrant/core'
import type { Paint } from '../terminal.ts'

type Style = Parameters<Paint>[0]

/** One line for what a person at the terminal of an agent wants to know of; `undefined` for the rest. */
export function eventLine(event: TokenEvent): readonly [style: Style, text: string] | undefined {
  switch (event.type) {
    case 'renewal.succeeded':
      return ['green', `a token was won, for ${inWords(event.lifeMs)}`]
    case 'renewal.failed':
      return ['red', `no token was won (${event.failure.code}): ${event.failure.message}`]
    case 'token.adopted':
      return ['green', 'the token of another process was taken over']
    case 'token.rejected':
      return ['yellow', 'the token was rejected by an API, and is replaced']
    case 'store.failed':
      return ['yellow', 'the store does not answer']
    case 'store.recovered':
      return ['green', 'the store answers again']
    default:
      return undefined
  }
}
