import type { TokenEvent } from '@evergrant/core'
import type { Paint } from '../terminal.ts'
import type { AgentWords } from './agent-words.ts'

type Style = Parameters<Paint>[0]

/** One line for what a person at the terminal of an agent wants to know of; `undefined` for the rest. */
export function eventLine(
  event: TokenEvent,
  words: AgentWords,
): readonly [style: Style, text: string] | undefined {
  switch (event.type) {
    case 'renewal.succeeded':
      return ['green', words.won(event.lifeMs)]
    case 'renewal.failed':
      return ['red', words.notWon(event.failure)]
    case 'token.adopted':
      return ['green', words.adopted]
    case 'token.rejected':
      return ['yellow', words.rejected]
    case 'store.failed':
      return ['yellow', words.storeSilent]
    case 'store.recovered':
      return ['green', words.storeAnswers]
    default:
      return undefined
  }
}
