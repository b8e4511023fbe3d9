import { eastAsianWidth } from 'get-east-asian-width'

/** How many columns a text takes in a terminal. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += eastAsianWidth(character.codePointAt(0) ?? 0)
  return columns
}

/** A text with spaces behind it, up to a number of columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}
