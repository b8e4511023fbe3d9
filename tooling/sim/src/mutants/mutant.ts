/** What a planted bug breaks. */
export type MutantArea =
  | 'lease'
  | 'fence'
  | 'commit'
  | 'freshness'
  | 'wake-up'
  | 'parsing'
  | 'backoff'
  | 'closing'

/** A bug that is planted on purpose, as data: where, what, and what would come of it. */
export interface Mutant {
  /** In kebab-case, unique. */
  readonly name: string
  readonly area: MutantArea
  /** Relative to the top of the repository. */
  readonly file: string
  /** The text to be replaced, which stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** What is wrong with the program then, in a sentence. */
  readonly breaks: string
  /** Who catches it when the simulator does not: a file of tests, relative to the top of the repository. */
  readonly tests?: string
  /** Whether this was no invention: the program had this bug, and the simulator found it. */
  readonly wasReal?: true
}

/** The text of a file with the bug in it. Throws when the text to be replaced is not there exactly once. */
export function planted(text: string, { name, file, find, replace }: Mutant): string {
  const places = text.split(find).length - 1
  if (places !== 1) throw new Error(`the text of mutant ${name} stands in ${file} ${places} times, not once`)
  return text.replace(find, () => replace)
}
