import { sha256 } from './sha256.ts'
import { utf8Bytes } from './utf8.ts'

const FINGERPRINT_BYTES = 8
const HEX_DIGITS = '0123456789abcdef'

/**
 * A short name for a token or a secret, safe to print, compare and send: the first 64 bits of its SHA-256 in
 * hexadecimal. Tells two tokens apart in a log; says nothing about a token of ordinary entropy.
 */
export function fingerprintOf(secret: string): string {
  return toHex(sha256(utf8Bytes(secret)).slice(0, FINGERPRINT_BYTES))
}

/** Lower-case hexadecimal. Joined, for a text that is added to bit by bit keeps all its bits in memory. */
export function toHex(bytes: Uint8Array): string {
  const digits: string[] = []
  for (const byte of bytes) digits.push(HEX_DIGITS.charAt(byte >> 4), HEX_DIGITS.charAt(byte & 15))
  return digits.join('')
}
