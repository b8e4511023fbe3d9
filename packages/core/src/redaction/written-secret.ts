import { utf8Bytes } from '../digest/utf8.ts'

/**
 * `text` with `mark` wherever a secret stands in it, though each of its characters be written in another way: as it is
 * or in lower case, percent-encoded, as an escape of JSON or of HTML. Whoever writes them does not agree with others on
 * what must be escaped.
 */
export function replaceWritten(text: string, secret: string, mark: string): string {
  const characters = [...secret]
  const [first = ''] = characters
  const beginnings = first.charAt(0) + first.toLowerCase().charAt(0) + ESCAPES
  let clean = ''
  let kept = 0
  for (let at = 0; at < text.length; at++) {
    if (!beginnings.includes(text.charAt(at))) continue
    // What is an escape to one writer is a part of the secret to another: first one reading, then the other.
    const end = endOf(characters, text, at, true) || endOf(characters, text, at, false)
    if (end === 0) continue
    clean += text.slice(kept, at) + mark
    kept = end
    at = end - 1
  }
  return kept === 0 ? text : clean + text.slice(kept)
}

/** What the escapes of all writers begin with. */
const ESCAPES = '%\\&+'

/** Where the secret ends that begins at an index; 0 when it does not stand there. */
function endOf(characters: readonly string[], text: string, start: number, escapesFirst: boolean): number {
  let at = start
  for (const character of characters) {
    const plain = text.startsWith(character, at) || text[at] === character.toLowerCase()
    const length = plain && !escapesFirst ? 0 : escapeLength(character, text, at)
    if (length === 0 && !plain) return 0
    at += length === 0 ? character.length : length
  }
  return at
}

/** How long the escape at an index is that stands for a character; 0 when none does. */
function escapeLength(character: string, text: string, at: number): number {
  switch (text[at]) {
    case '%':
      return percentLength(character, text, at)
    case '\\':
      return jsonLength(character, text, at)
    case '&':
      return htmlLength(character, text, at)
    case '+':
      return character === ' ' ? 1 : 0
    default:
      return 0
  }
}

function percentLength(character: string, text: string, start: number): number {
  let at = start
  for (const byte of utf8Bytes(character)) {
    if (text[at] !== '%' || !isHex(text.slice(at + 1, at + 3), byte)) return 0
    at += 3
  }
  return at - start
}

function jsonLength(character: string, text: string, start: number): number {
  if (text[start + 1] !== 'u') return /["\\/]/.test(character) && text[start + 1] === character ? 2 : 0
  let at = start
  for (let unit = 0; unit < character.length; unit++) {
    const digits = text.slice(at + 2, at + 6)
    if (!text.startsWith('\\u', at) || !isHex(digits, character.charCodeAt(unit))) return 0
    at += 6
  }
  return at - start
}

function isHex(digits: string, expected: number): boolean {
  return Number(`0x${digits}`) === expected
}

const HTML_NAMES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** The longest reference is `&#x10ffff;`, with a few zeros more. */
const HTML_CHARS_MAX = 14
const REFERENCE = /^&(?:#x([0-9a-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));/i

function htmlLength(character: string, text: string, at: number): number {
  const parts = REFERENCE.exec(text.slice(at, at + HTML_CHARS_MAX))
  if (parts === null) return 0
  const [whole, hex, decimal, name = ''] = parts
  const stands =
    hex !== undefined || decimal !== undefined
      ? Number(hex === undefined ? decimal : `0x${hex}`) === character.codePointAt(0)
      : HTML_NAMES[name.toLowerCase()] === character
  return stands ? whole.length : 0
}
