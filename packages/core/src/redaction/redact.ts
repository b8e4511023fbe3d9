import { utf8Bytes } from '../digest/utf8.ts'
import { replaceWritten } from './written-secret.ts'

/** What stands in the place of a secret. */
export const REDACTED = '‹redacted›'

const DESCRIPTION_CHARS_MAX = 256
/** Shorter secrets are not searched for: removing every "a" from a text would tell the secret. */
const SECRET_CHARS_MIN = 4
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * `text` with every occurrence of a secret replaced, also where it stands percent-encoded, escaped for JSON or HTML, or
 * in base64.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  // The longer ones first: one may be a part of another.
  const longestFirst = secrets.length < 2 ? secrets : [...secrets].sort((a, b) => b.length - a.length)
  for (const secret of longestFirst) {
    if (secret.length < SECRET_CHARS_MIN) continue
    clean = replaceWritten(clean, secret.toWellFormed(), REDACTED)
    for (const form of base64Forms(secret)) clean = clean.replaceAll(form, REDACTED)
  }
  return clean
}

/**
 * As {@link redact}, for a whole body, which may be JSON: escapes that JSON does not need are undone first, for what
 * they hide may be encoded once more. What the body says besides stays the same.
 */
export function redactBody(body: string, secrets: readonly string[]): string {
  return redact(body.includes('\\') ? body.replace(JSON_ESCAPE, neededEscape) : body, secrets)
}

const JSON_ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|[\s\S])/g

function neededEscape(written: string, digits: string | undefined): string {
  if (digits === undefined) return written === '\\/' ? '/' : written
  return JSON.stringify(String.fromCharCode(Number.parseInt(digits, 16))).slice(1, -1)
}

/**
 * Text from a peer, fit to be shown: without secrets, without control characters (no line can be forged in a
 * log, no terminal be driven), and cut at 256 characters.
 */
export function untrustedText(text: string, secrets: readonly string[] = []): string {
  // Redact before cutting: half of a secret that straddles the cut would not be recognised any more.
  const clean = redact(text, secrets)
  let printable = ''
  for (const character of clean) {
    if (printable.length >= DESCRIPTION_CHARS_MAX) return `${printable}…`
    printable += isControl(character) ? ' ' : character
  }
  return printable.trim()
}

/** C0, DEL and C1 controls, line and paragraph separators, and the marks that reorder text. */
function isControl(character: string): boolean {
  const point = character.codePointAt(0) as number
  return (
    point < 0x20 ||
    (point >= 0x7f && point <= 0x9f) ||
    (point >= 0x200e && point <= 0x200f) ||
    (point >= 0x2028 && point <= 0x202e) ||
    (point >= 0x2066 && point <= 0x2069) ||
    (point >= 0xd800 && point <= 0xdfff)
  )
}

function base64Forms(secret: string): readonly string[] {
  const base64 = toBase64(utf8Bytes(secret.toWellFormed()))
  const unpadded = base64.replaceAll('=', '')
  return [base64, unpadded, unpadded.replaceAll('+', '-').replaceAll('/', '_')]
}

/** RFC 4648 §4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const triple = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const digits = Math.min(bytes.length - i, 3) + 1
    for (let digit = 0; digit < 4; digit++) {
      text += digit < digits ? BASE64[(triple >> (18 - 6 * digit)) & 63] : '='
    }
  }
  return text
}
