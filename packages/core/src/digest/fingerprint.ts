import { sha256 } from './sha256.ts'
import { utf8Bytes } from './utf8.ts'

const FINGERPRINT_BYTES = 8

/**
 * A short name for a token or a secret, safe to print, compare and send: the first 64 bits of its SHA-256 in
 * hexadecimal. Tells two tokens apart in a log; says nothing about a token of ordinary entropy.
 */
export function fingerprintOf(secret: string): string {
  return toHex(sha256(utf8Bytes(secret)).subarray(0, FINGERPRINT_BYTES))
}

/** Lower-case hexadecimal. Joined, for a text that is added to bit by bit keeps all its bits in memory. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
