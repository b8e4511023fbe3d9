import type { Failure } from '@evergrant/core'

/** What options of the library are called on the command line. */
const ON_THE_COMMAND_LINE: readonly (readonly [RegExp, string])[] = [
  // The code of the failure stands before its message.
  [/^Invalid option: /, ''],
  [/\bminValidForMs\b/, '--min-valid'],
]

/** The message of a failure, in English, as the command line says it. */
export function failureMessage({ message }: Pick<Failure, 'message'>): string {
  return ON_THE_COMMAND_LINE.reduce((text, [theirs, ours]) => text.replace(theirs, ours), message)
}
