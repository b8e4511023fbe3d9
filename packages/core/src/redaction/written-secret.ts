import { utf8Bytes } from '../digest/utf8.ts'

/** A character of a secret with the ways in which it may be written, the longest first. */
interface WrittenCharacter {
  readonly raw: string
  readonly lower: string
  /** Percent-encoded, escaped for JSON, or for HTML. */
  readonly escapes: readonly string[]
}

const HTML_NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/**
 * `text` with `mark` wherever a secret stands in it, though each of its characters be written in another way: as it is
 * or in lower case, percent-encoded, as an escape of JSON or of HTML. Whoever writes them does not agree with others on
 * what must be escaped.
 */
export function replaceWritten(text: string, secret: string, mark: string): string {
  const characters = [...secret].map(writtenCharacter)
  const [first] = characters
  if (first === undefined) return text
  let clean = ''
  let kept = 0
  for (let at = 0; at < text.length; at++) {
    // What is an escape to one writer is a part of the secret to another: first one reading, then the other.
    const end = endOf(characters, text, at, true) ?? endOf(characters, text, at, false)
    if (end === undefined) continue
    clean += text.slice(kept, at) + mark
    kept = end
    at = end - 1
  }
  return kept === 0 ? text : clean + text.slice(kept)
}

/** Where the secret ends that begins at an index; `undefined` when it does not stand there. */
function endOf(
  characters: readonly WrittenCharacter[],
  text: string,
  start: number,
  escapesFirst: boolean,
): number | undefined {
  let at = start
  for (const character of characters) {
    const length = lengthOf(character, text, at, escapesFirst)
    if (length === 0) return undefined
    at += length
  }
  return at
}

/** How long the character at an index is as it is written there; 0 when it is another one. */
function lengthOf(
  { raw, lower, escapes }: WrittenCharacter,
  text: string,
  at: number,
  escapesFirst: boolean,
): number {
  const plain = text.startsWith(raw, at) || text.startsWith(lower, at) ? raw.length : 0
  if (plain > 0 && !escapesFirst) return plain
  const mayEscape = text[at] === '%' || text[at] === '\\' || text[at] === '&' || text[at] === '+'
  const escaped = mayEscape ? escapes.find(each => text.startsWith(each, at)) : undefined
  return escaped?.length ?? plain
}

function writtenCharacter(raw: string): WrittenCharacter {
  const bytes = [...utf8Bytes(raw)].map(byte => byte.toString(16).padStart(2, '0'))
  const units = raw.split('').map(unit => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  const point = raw.codePointAt(0) as number
  const escapes = new Set([
    ...inBothCases(bytes, '%'),
    ...inBothCases(units, '\\u'),
    ...inBothCases([`${point.toString(16)};`], '&#x'),
    `&#${point};`,
  ])
  if (HTML_NAMES[raw] !== undefined) escapes.add(HTML_NAMES[raw])
  if (raw === '"' || raw === '\\' || raw === '/') escapes.add(`\\${raw}`)
  if (raw === ' ') escapes.add('+')
  const longestFirst = [...escapes].sort((a, b) => b.length - a.length)
  return { raw, lower: raw.toLowerCase(), escapes: longestFirst }
}

/** Hexadecimal digits behind their prefix, in lower case and in upper case. */
function inBothCases(digits: readonly string[], prefix: string): readonly string[] {
  return [digits, digits.map(each => each.toUpperCase())].map(each => prefix + each.join(prefix))
}
